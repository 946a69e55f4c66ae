-- What agents have begun to write. The session's end takes it along.
CREATE TABLE chat_drafts (
	session_id INTEGER NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
	agent_id   TEXT NOT NULL,
	note       INTEGER NOT NULL,
	body       TEXT NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (session_id, agent_id, note)
) STRICT, WITHOUT ROWID;

-- Whom a note mentions: a JSON list of ids in its row, and a row for each
-- here, so that an agent finds them.
ALTER TABLE chat_messages ADD COLUMN mentions TEXT;

CREATE TABLE chat_mentions (
	agent_id   TEXT NOT NULL,
	message_id INTEGER NOT NULL REFERENCES chat_messages (id) ON DELETE CASCADE,
	PRIMARY KEY (agent_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_mentions_message ON chat_mentions (message_id);
