-- What agents have begun to write. The session's end takes it along.
CREATE TABLE chat_drafts (
	session_id bigint NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
	agent_id   text COLLATE "C" NOT NULL,
	note       bigint NOT NULL,
	body       text NOT NULL,
	updated_at bigint NOT NULL,
	PRIMARY KEY (session_id, agent_id, note)
);

-- Whom a note mentions: a JSON list of ids in its row, and a row for each
-- here, so that an agent finds them.
ALTER TABLE chat_messages ADD COLUMN mentions text;

CREATE TABLE chat_mentions (
	agent_id   text COLLATE "C" NOT NULL,
	message_id bigint NOT NULL REFERENCES chat_messages (id) ON DELETE CASCADE,
	PRIMARY KEY (agent_id, message_id)
);

CREATE INDEX chat_mentions_message ON chat_mentions (message_id);
