CREATE TABLE chat_canned_replies (
	id           INTEGER PRIMARY KEY,
	public_id    TEXT NOT NULL UNIQUE,
	shortcut     TEXT NOT NULL,
	shortcut_key TEXT NOT NULL UNIQUE,
	body         TEXT NOT NULL,
	created_at   INTEGER NOT NULL,
	updated_at   INTEGER NOT NULL
) STRICT;

-- The search index keeps no copy of what is searched. Rows come into it in
-- groups, after they were committed: an index that every insert brings up to
-- date would halve the messages that can be sent in a second. Rows up to the
-- number in chat_search_done are in the index, each of them, and triggers make
-- it follow every change of those. secure-delete takes words out of the index
-- at once, where they would otherwise stay until some later merge, but for
-- those that tell the index's pages apart. They go when the index is written
-- anew, which is done in steps: tidy is 1 when that has to begin, 2 while it
-- is under way.

CREATE TABLE chat_search_done (
	one      INTEGER PRIMARY KEY CHECK (one = 1),
	sessions INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	tidy     INTEGER NOT NULL
) STRICT;

INSERT INTO chat_search_done (one, sessions, messages, tidy) VALUES (1, 0, 0, 0);

CREATE VIEW chat_session_words AS
SELECT id,
       visitor_name,
       visitor_email,
       COALESCE((SELECT group_concat(value, ' · ' ORDER BY key) FROM json_each(tags)), '') AS tags
  FROM chat_sessions;

CREATE VIRTUAL TABLE chat_session_search USING fts5 (
	visitor_name, visitor_email, tags,
	content = 'chat_session_words', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE VIRTUAL TABLE chat_message_search USING fts5 (
	body,
	content = 'chat_messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO chat_session_search (chat_session_search, rank) VALUES ('secure-delete', 1);
INSERT INTO chat_message_search (chat_message_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER chat_messages_search_update AFTER UPDATE OF body ON chat_messages
WHEN old.body <> new.body AND old.id <= (SELECT messages FROM chat_search_done)
BEGIN
	INSERT INTO chat_message_search (chat_message_search, rowid, body) VALUES ('delete', old.id, old.body);
	INSERT INTO chat_message_search (rowid, body) VALUES (new.id, new.body);
END;

-- A row's number is given out again after the last row was deleted, so what is
-- done must not reach beyond the last one there is.
CREATE TRIGGER chat_messages_search_delete AFTER DELETE ON chat_messages
BEGIN
	INSERT INTO chat_message_search (chat_message_search, rowid, body)
	SELECT 'delete', old.id, old.body FROM chat_search_done WHERE old.id <= messages;
	UPDATE chat_search_done SET tidy = 1 WHERE tidy <> 1 AND old.id <= messages;
	UPDATE chat_search_done SET messages = COALESCE((SELECT MAX(id) FROM chat_messages), 0)
	 WHERE messages > COALESCE((SELECT MAX(id) FROM chat_messages), 0);
END;

CREATE TRIGGER chat_sessions_search_update AFTER UPDATE OF visitor_name, visitor_email, tags ON chat_sessions
WHEN (old.visitor_name <> new.visitor_name OR old.visitor_email <> new.visitor_email OR old.tags <> new.tags)
 AND old.id <= (SELECT sessions FROM chat_search_done)
BEGIN
	INSERT INTO chat_session_search (chat_session_search, rowid, visitor_name, visitor_email, tags)
	VALUES ('delete', old.id, old.visitor_name, old.visitor_email,
	        COALESCE((SELECT group_concat(value, ' · ' ORDER BY key) FROM json_each(old.tags)), ''));
	INSERT INTO chat_session_search (rowid, visitor_name, visitor_email, tags)
	SELECT id, visitor_name, visitor_email, tags FROM chat_session_words WHERE id = new.id;
END;

CREATE TRIGGER chat_sessions_search_delete AFTER DELETE ON chat_sessions
BEGIN
	INSERT INTO chat_session_search (chat_session_search, rowid, visitor_name, visitor_email, tags)
	SELECT 'delete', old.id, old.visitor_name, old.visitor_email,
	       COALESCE((SELECT group_concat(value, ' · ' ORDER BY key) FROM json_each(old.tags)), '')
	  FROM chat_search_done
	 WHERE old.id <= sessions;
	UPDATE chat_search_done SET tidy = 1 WHERE tidy <> 1 AND old.id <= sessions;
	UPDATE chat_search_done SET sessions = COALESCE((SELECT MAX(id) FROM chat_sessions), 0)
	 WHERE sessions > COALESCE((SELECT MAX(id) FROM chat_sessions), 0);
END;
