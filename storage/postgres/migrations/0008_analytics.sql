-- What figures are made of is kept in the session's row, so that a report need
-- not read messages. Messages here are those that visitors see: notes do not
-- count, deleted ones do.
--
-- replies has an entry "agent/milliseconds " for each time an agent answered:
-- the row of the agent, 0 for a program, and how long the visitor's first
-- unanswered message had waited.
ALTER TABLE chat_sessions ADD COLUMN first_visitor_at bigint;
ALTER TABLE chat_sessions ADD COLUMN first_bot_at bigint;
ALTER TABLE chat_sessions ADD COLUMN assigned_at bigint;
ALTER TABLE chat_sessions ADD COLUMN agent_messages bigint NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN bot_messages bigint NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN last_visitor_at bigint;
ALTER TABLE chat_sessions ADD COLUMN last_agent_seq bigint NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN visitor_left bigint NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN replies text NOT NULL DEFAULT '';

CREATE INDEX chat_sessions_counted ON chat_sessions (COALESCE(first_visitor_at, created_at));
