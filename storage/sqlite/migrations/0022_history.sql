-- What was done to a session, by whom and when: who had it, to which department
-- it went, that it was put off, taken back, closed. actor is empty where nobody
-- noted who it was; snoozed_until is as in chat_sessions.
CREATE TABLE chat_history (
	id            INTEGER PRIMARY KEY,
	session_id    INTEGER NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
	action        TEXT NOT NULL,
	actor         TEXT NOT NULL,
	actor_id      TEXT NOT NULL,
	actor_name    TEXT NOT NULL,
	agent_id      TEXT NOT NULL,
	department    TEXT NOT NULL,
	snoozed_until INTEGER,
	at            INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_history_session ON chat_history (session_id, id);

INSERT INTO chat_history (session_id, action, actor, actor_id, actor_name, agent_id, department, at)
SELECT t.session_id, 'assigned', '', '', '', a.public_id, '', t.from_at
  FROM chat_assignments AS t
  JOIN chat_agents AS a ON a.id = t.agent_id
 ORDER BY t.id;

INSERT INTO chat_history (session_id, action, actor, actor_id, actor_name, agent_id, department, at)
SELECT id, 'closed', '', '', '', '', '', closed_at
  FROM chat_sessions
 WHERE closed_at IS NOT NULL
 ORDER BY id;
