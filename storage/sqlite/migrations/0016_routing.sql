CREATE TABLE chat_departments (
	id         INTEGER PRIMARY KEY,
	public_id  TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	name_key   TEXT NOT NULL UNIQUE,
	agents     TEXT NOT NULL,
	capacity   INTEGER,
	hours      TEXT,
	routing    TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- seen_at is when the agent was last there and available, or was given a
-- session; routed_at when routing last gave them one.
ALTER TABLE chat_agents ADD COLUMN seen_at INTEGER;
ALTER TABLE chat_agents ADD COLUMN routed_at INTEGER;

-- snoozed_until is 0 for "until the visitor writes", and NULL in whatever is
-- closed. released_by is who had the session and gave it up.
ALTER TABLE chat_sessions ADD COLUMN queued_at INTEGER;
ALTER TABLE chat_sessions ADD COLUMN snoozed_until INTEGER;
ALTER TABLE chat_sessions ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN released_by INTEGER REFERENCES chat_agents (id);

UPDATE chat_sessions
   SET queued_at = CASE WHEN assigned_at IS NULL OR assigned_at > first_visitor_at THEN first_visitor_at END,
       missed = CASE WHEN closed_at IS NOT NULL AND agent_messages = 0 THEN 1 ELSE 0 END
 WHERE first_visitor_at IS NOT NULL;

CREATE INDEX chat_sessions_queue ON chat_sessions (queued_at) WHERE open = 1 AND assignee_id IS NULL;
CREATE INDEX chat_sessions_snoozed ON chat_sessions (snoozed_until, assignee_id) WHERE snoozed_until IS NOT NULL;
CREATE INDEX chat_sessions_missed ON chat_sessions (id) WHERE missed = 1;
