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
       COALESCE(s.assignee_id, 0) AS assignee,
       s.visitor_id,
       s.message_count,
       s.agent_messages,
       s.bot_messages,
       s.last_agent_seq > s.visitor_seen_seq AS unseen,
       s.visitor_left,
       s.source = :test AS test,
       COALESCE(s.rating_score, 0) AS rating,
       s.replies,
       CASE WHEN s.closed_at IS NULL THEN (SELECT v.public_id FROM chat_visitors AS v WHERE v.id = s.visitor_id) END AS visitor

-- name: analytics-detail
,
       s.department,
       s.source,
       s.tags,
       {page-url} AS url,
       s.rating_comment AS comment

-- name: page-url
json_extract(s.page, '$.url')

-- name: analytics-agents
SELECT id, public_id
  FROM chat_agents

-- name: analytics-bans
SELECT id, ban
  FROM chat_visitors
 WHERE ban IS NOT NULL

-- Who saw pages, and who of them has written: as sessions know when a visitor
-- wrote first and last, messages are only looked at where both lie outside.
-- LIMIT 1 and IS NOT NULL instead of EXISTS: PostgreSQL may answer an EXISTS
-- from a table of all sessions that it makes first, which is slow for a day.
-- name: analytics-visits
SELECT COUNT(*) AS visitors,
       CAST(COALESCE(SUM(p.views), 0) AS BIGINT) AS views,
       CAST(COALESCE(SUM(CASE WHEN v.created_at < :from THEN 1 ELSE 0 END), 0) AS BIGINT) AS returned,
       CAST(COALESCE(SUM(CASE WHEN (
         SELECT 1
           FROM chat_sessions AS s
          WHERE s.visitor_id = p.visitor_id
            AND s.first_visitor_at < :to
            AND s.last_visitor_at >= :from
            AND (s.first_visitor_at >= :from OR s.last_visitor_at < :to OR (
              SELECT 1
                FROM chat_messages AS m
               WHERE m.session_id = s.id AND m.sender = 'visitor' AND m.at >= :from AND m.at < :to
               LIMIT 1) IS NOT NULL)
          LIMIT 1
       ) IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS engaged
  FROM (
    SELECT visitor_id, COUNT(*) AS views
      FROM chat_page_views
     WHERE name = ''
       AND at >= :from
       AND at < :to

-- name: analytics-visits-pages

       AND url IN ({each-name})

-- name: analytics-visits-end

     GROUP BY visitor_id
  ) AS p
  JOIN chat_visitors AS v ON v.id = p.visitor_id

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
