-- What belongs to a period is found by the index on the same expression. Only
-- of open sessions is the visitor looked up: whether they are still there.

-- name: analytics-select
SELECT s.id,
       COALESCE(s.first_visitor_at, s.created_at) AS counted_at,
       s.created_at,
       s.first_visitor_at,
       s.first_reply_at,
       s.first_bot_at,
       s.assigned_at,
       s.closed_at,
       s.last_visitor_at,
       COALESCE(s.assignee_id, 0) AS assignee,
       s.message_count,
       s.agent_messages,
       s.bot_messages,
       s.last_agent_seq > s.visitor_seen_seq AS unseen,
       s.visitor_left,
       COALESCE(s.rating_score, 0) AS rating,
       s.replies,
       CASE WHEN s.closed_at IS NULL THEN (SELECT v.public_id FROM chat_visitors AS v WHERE v.id = s.visitor_id) END AS visitor,
       CASE WHEN :pages = 1 THEN {page-url} END AS url
  FROM chat_sessions AS s

-- name: page-url
json_extract(s.page, '$.url')

-- name: analytics-agents
SELECT id, public_id
  FROM chat_agents
