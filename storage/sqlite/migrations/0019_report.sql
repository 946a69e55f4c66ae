-- What reports need beside what sessions had already: when the visitor was
-- asked for a rating, who had a session from when until when, and when agents
-- were available. to_at is NULL while an assignment lasts; the latest shift of
-- an agent is made longer while they are there.
--
-- The entries of replies become "agent/milliseconds/milliseconds ": the last
-- is how long after the session began the visitor had started to wait.
ALTER TABLE chat_sessions ADD COLUMN rating_asked_at INTEGER;

WITH spoken AS (
  SELECT session_id, seq, sender, sender_id, at,
         LAG(sender) OVER (PARTITION BY session_id ORDER BY seq) AS before
    FROM chat_messages
   WHERE note = 0 AND sender <> 'bot'
), turns AS (
  SELECT session_id, seq, sender, sender_id, at, before,
         SUM(sender = 'visitor' AND before IS NOT 'visitor') OVER (PARTITION BY session_id ORDER BY seq) AS turn
    FROM spoken
), answers AS (
  SELECT t.session_id,
         group_concat(COALESCE(a.id, 0) || '/' || (t.at - v.at) || '/' || (v.at - s.created_at) || ' ', '' ORDER BY t.seq) AS replies
    FROM turns AS t
    JOIN chat_sessions AS s ON s.id = t.session_id
    JOIN turns AS v ON v.session_id = t.session_id AND v.turn = t.turn AND v.sender = 'visitor' AND v.before IS NOT 'visitor'
    LEFT JOIN chat_agents AS a ON a.public_id = t.sender_id
   WHERE t.sender = 'agent' AND t.before = 'visitor'
   GROUP BY t.session_id
)
UPDATE chat_sessions
   SET replies = answers.replies
  FROM answers
 WHERE chat_sessions.id = answers.session_id;

CREATE TABLE chat_assignments (
	id         INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
	agent_id   INTEGER NOT NULL REFERENCES chat_agents (id),
	from_at    INTEGER NOT NULL,
	to_at      INTEGER
) STRICT;

CREATE INDEX chat_assignments_session ON chat_assignments (session_id);
CREATE INDEX chat_assignments_end ON chat_assignments (to_at);

INSERT INTO chat_assignments (session_id, agent_id, from_at, to_at)
SELECT id, assignee_id, assigned_at, closed_at
  FROM chat_sessions
 WHERE assignee_id IS NOT NULL
   AND assigned_at IS NOT NULL
 ORDER BY id;

CREATE TABLE chat_shifts (
	id       INTEGER PRIMARY KEY,
	agent_id INTEGER NOT NULL REFERENCES chat_agents (id),
	from_at  INTEGER NOT NULL,
	to_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_shifts_agent ON chat_shifts (agent_id, to_at);
CREATE INDEX chat_shifts_end ON chat_shifts (to_at);

CREATE INDEX chat_page_views_at ON chat_page_views (at, visitor_id) WHERE name = '';
CREATE INDEX chat_visitors_ban ON chat_visitors (id) WHERE ban IS NOT NULL;
