-- Written for SQLite's FTS5. The characters 1 and 2 mark what was found: texts
-- hold no control characters.

-- name: search-sessions
SELECT rowid AS id,
       highlight(chat_session_search, 0, char(1), char(2)) AS visitor_name,
       highlight(chat_session_search, 1, char(1), char(2)) AS visitor_email,
       highlight(chat_session_search, 2, char(1), char(2)) AS tags
  FROM chat_session_search
 WHERE chat_session_search MATCH :words
   AND rowid > 0
   AND rowid < :before
 ORDER BY rowid DESC
 LIMIT :limit

-- name: search-messages
SELECT rowid AS id,
       highlight(chat_message_search, 0, char(1), char(2)) AS body
  FROM chat_message_search
 WHERE chat_message_search MATCH :words
   AND rowid > 0
   AND rowid < :before
 ORDER BY rowid DESC
 LIMIT :limit

-- name: search-done
SELECT sessions, messages, tidy
  FROM chat_search_done
 WHERE one = 1

-- name: search-session-last
SELECT COALESCE(MAX(id), 0) AS last, COUNT(*) AS count
  FROM (SELECT id FROM chat_sessions WHERE id > :after ORDER BY id LIMIT :limit) AS part

-- name: search-message-last
SELECT COALESCE(MAX(id), 0) AS last, COUNT(*) AS count
  FROM (SELECT id FROM chat_messages WHERE id > :after ORDER BY id LIMIT :limit) AS part

-- name: search-session-index
INSERT INTO chat_session_search (rowid, visitor_name, visitor_email, tags)
SELECT id, visitor_name, visitor_email, tags
  FROM chat_session_words
 WHERE id > :after
   AND id <= :last

-- name: search-message-index
INSERT INTO chat_message_search (rowid, body)
SELECT id, body
  FROM chat_messages
 WHERE id > :after
   AND id <= :last

-- name: search-set-done
UPDATE chat_search_done
   SET sessions = :sessions,
       messages = :messages
 WHERE one = 1

-- name: search-set-tidy
UPDATE chat_search_done
   SET tidy = :tidy
 WHERE one = 1

-- A merge needs two parts of the index. A row that stands for nothing makes
-- sure that there are.
-- name: search-session-part
INSERT INTO chat_session_search (rowid, visitor_name, visitor_email, tags)
VALUES (-1, 'x', '', '')

-- name: search-session-unpart
INSERT INTO chat_session_search (chat_session_search, rowid, visitor_name, visitor_email, tags)
VALUES ('delete', -1, 'x', '', '')

-- name: search-session-merge
INSERT INTO chat_session_search (chat_session_search, rank)
VALUES ('merge', :pages)

-- name: search-message-part
INSERT INTO chat_message_search (rowid, body)
VALUES (-1, 'x')

-- name: search-message-unpart
INSERT INTO chat_message_search (chat_message_search, rowid, body)
VALUES ('delete', -1, 'x')

-- name: search-message-merge
INSERT INTO chat_message_search (chat_message_search, rank)
VALUES ('merge', :pages)

-- name: search-session-secure
INSERT INTO chat_session_search (chat_session_search, rank)
VALUES ('secure-delete', :on)

-- name: search-message-secure
INSERT INTO chat_message_search (chat_message_search, rank)
VALUES ('secure-delete', :on)

-- name: search-changes
SELECT total_changes()
