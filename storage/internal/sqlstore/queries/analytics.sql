-- What belongs to a period is found by the index on the same expression. Only
-- of open sessions is the visitor looked up: whether they are still there.

-- name: analytics-select
SELECT s.id,
       COALESCE(s.first_visitor_at, s.created_at) AS counted_at,
       s.created_at,
       s.first_visitor_at,
       s.first_reply_at,
       s.first_bot_at,
       s.queued_at,
       s.assigned_at,
       s.closed_at,
       s.last_visitor_at,
       s.rating_asked_at,
       s.assignee_id,
       s.visitor_id,
       s.message_count,
       s.agent_messages,
       s.bot_messages,
       s.last_agent_seq > s.visitor_seen_seq AS unseen,
       s.visitor_left,
       s.source = :test AS test,
       CASE WHEN s.bot_messages > 0 THEN EXISTS (SELECT 1 FROM chat_session_tags AS t WHERE t.session_id = s.id AND t.tag = :handed_over) END AS handed_over,
       s.rating_score,
       s.replies,
       CASE WHEN s.closed_at IS NULL THEN (SELECT v.public_id FROM chat_visitors AS v WHERE v.id = s.visitor_id) END AS visitor

-- name: analytics-detail
,
       s.department,
       s.source,
       s.tags,
       {page-url} AS url,
       s.rating_comment

-- name: page-url
json_extract(s.page, '$.url')

-- name: analytics-agents
SELECT id, public_id
  FROM chat_agents

-- name: analytics-bans
SELECT id, ban
  FROM chat_visitors
 WHERE ban IS NOT NULL

-- name: analytics-views
SELECT id, at, visitor_id, since
  FROM chat_page_views
 WHERE name = ''
   AND at < :to
   AND (at, id) > (:after, :row)

-- name: analytics-views-pages

   AND url IN ({each-name})

-- Whose visitor may have written in a period. When a session was closed its
-- visitor had written last before, but for clocks that differ.
-- name: analytics-writers
SELECT id, visitor_id, first_visitor_at, last_visitor_at
  FROM chat_sessions
 WHERE first_visitor_at < :to
   AND last_visitor_at >= :from

-- name: analytics-written
SELECT session_id, at
  FROM chat_messages
 WHERE session_id IN ({each-row})
   AND sender = 'visitor'
   AND at >= :from
   AND at < :to

-- name: analytics-urls
SELECT DISTINCT url
  FROM chat_page_views
 WHERE name = ''
   AND at >= :from
   AND at < :to

-- name: analytics-assignments
SELECT t.agent_id, t.from_at, t.to_at, s.visitor_id, s.source = :test AS test
  FROM chat_assignments AS t
  JOIN chat_sessions AS s ON s.id = t.session_id
 WHERE t.from_at < :to

-- name: analytics-shifts
SELECT agent_id, from_at, to_at
  FROM chat_shifts
 WHERE to_at > :from
   AND from_at < :to

-- name: assignment-begin
INSERT INTO chat_assignments (session_id, agent_id, from_at)
SELECT id, assignee_id, :at
  FROM chat_sessions
 WHERE id = :id
   AND assignee_id IS NOT NULL
   AND closed_at IS NULL

-- name: assignment-end
UPDATE chat_assignments
   SET to_at = :at
 WHERE session_id = :id
   AND to_at IS NULL

-- name: shift-go-on
UPDATE chat_shifts
   SET to_at = CASE WHEN to_at < :at THEN :at ELSE to_at END
 WHERE id = (SELECT t.id
               FROM chat_shifts AS t
               JOIN chat_agents AS a ON a.id = t.agent_id
              WHERE a.public_id = :agent AND t.to_at >= :since AND t.from_at <= :at
              ORDER BY t.to_at DESC
              LIMIT 1)

-- name: shift-begin
INSERT INTO chat_shifts (agent_id, from_at, to_at)
SELECT id, :at, :at
  FROM chat_agents
 WHERE public_id = :agent

-- name: stats-get
SELECT (SELECT COUNT(*) FROM chat_sessions WHERE open = 1) AS open,
       (SELECT COUNT(*) FROM chat_sessions WHERE open = 1 AND assignee_id IS NULL AND waiting_since IS NOT NULL) AS waiting,
       (SELECT COUNT(*) FROM chat_webhook_deliveries WHERE state = 0) AS pending
