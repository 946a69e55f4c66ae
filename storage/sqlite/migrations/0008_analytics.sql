-- What figures are made of is kept in the session's row, so that a report need
-- not read messages. Messages here are those that visitors see: notes do not
-- count, deleted ones do.
--
-- replies has an entry "agent/milliseconds " for each time an agent answered:
-- the row of the agent, 0 for a program, and how long the visitor's first
-- unanswered message had waited.
ALTER TABLE chat_sessions ADD COLUMN first_visitor_at INTEGER;
ALTER TABLE chat_sessions ADD COLUMN first_bot_at INTEGER;
ALTER TABLE chat_sessions ADD COLUMN assigned_at INTEGER;
ALTER TABLE chat_sessions ADD COLUMN agent_messages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN bot_messages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN last_visitor_at INTEGER;
ALTER TABLE chat_sessions ADD COLUMN last_agent_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN visitor_left INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_sessions ADD COLUMN replies TEXT NOT NULL DEFAULT '';

UPDATE chat_sessions
   SET first_visitor_at = c.first_visitor_at,
       last_visitor_at = c.last_visitor_at,
       agent_messages = c.agent_messages,
       bot_messages = c.bot_messages,
       last_agent_seq = c.last_agent_seq
  FROM (SELECT session_id,
               MIN(CASE sender WHEN 'visitor' THEN at END) AS first_visitor_at,
               MAX(CASE sender WHEN 'visitor' THEN at END) AS last_visitor_at,
               SUM(sender = 'agent') AS agent_messages,
               SUM(sender = 'bot') AS bot_messages,
               MAX(CASE sender WHEN 'agent' THEN seq ELSE 0 END) AS last_agent_seq
          FROM chat_messages
         WHERE note = 0
         GROUP BY session_id) AS c
 WHERE chat_sessions.id = c.session_id;

UPDATE chat_sessions
   SET first_bot_at = (
         SELECT MIN(m.at)
           FROM chat_messages AS m
          WHERE m.session_id = chat_sessions.id
            AND m.sender = 'bot'
            AND m.note = 0
            AND m.seq > (SELECT MIN(v.seq) FROM chat_messages AS v WHERE v.session_id = m.session_id AND v.sender = 'visitor' AND v.note = 0)
            AND (chat_sessions.first_reply_at IS NULL OR m.at <= chat_sessions.first_reply_at))
 WHERE bot_messages > 0;

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
         group_concat(COALESCE(a.id, 0) || '/' || (t.at - v.at) || ' ', '' ORDER BY t.seq) AS replies
    FROM turns AS t
    JOIN turns AS v ON v.session_id = t.session_id AND v.turn = t.turn AND v.sender = 'visitor' AND v.before IS NOT 'visitor'
    LEFT JOIN chat_agents AS a ON a.public_id = t.sender_id
   WHERE t.sender = 'agent' AND t.before = 'visitor'
   GROUP BY t.session_id
)
UPDATE chat_sessions
   SET replies = answers.replies
  FROM answers
 WHERE chat_sessions.id = answers.session_id;

CREATE INDEX chat_sessions_counted ON chat_sessions (COALESCE(first_visitor_at, created_at));
