-- What routing decides by, and what it does. Whoever reads may be outdated when
-- they write, on another node too: so each change says again what must hold.

-- What a bot alone has answered, and nobody was to take up. The tag is
-- chat.HandedOver.
-- name: routing-bots-alone
s.bot_messages > 0 AND s.assigned_at IS NULL AND NOT EXISTS (SELECT 1 FROM chat_session_tags AS t WHERE t.session_id = s.id AND t.tag = 'handed-over')

-- name: routing-queue
SELECT s.public_id AS session,
       v.public_id AS visitor,
       s.department,
       s.queued_at,
       s.version,
       CASE WHEN s.first_reply_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM chat_session_tags AS t WHERE t.session_id = s.id AND t.tag = 'handed-over')
            THEN 1 ELSE 0 END AS for_bots,
       COALESCE((SELECT a.public_id FROM chat_agents AS a WHERE a.id = s.released_by), '') AS released_by,
       COALESCE((SELECT a.public_id
                   FROM chat_sessions AS p
                   JOIN chat_agents AS a ON a.id = p.assignee_id
                  WHERE p.visitor_id = s.visitor_id AND p.id <> s.id
                  ORDER BY p.id DESC
                  LIMIT 1), '') AS last_agent
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
 WHERE s.open = 1
   AND s.assignee_id IS NULL
   AND s.waiting_since IS NOT NULL
   AND s.snoozed_until IS NULL
 ORDER BY s.queued_at, s.id
 LIMIT :limit

-- name: routing-loads
SELECT a.public_id AS agent,
       a.routed_at,
       (SELECT COUNT(*)
          FROM chat_sessions AS s
         WHERE s.assignee_id = a.id AND s.closed_at IS NULL AND s.snoozed_until IS NULL) AS open
  FROM chat_agents AS a

-- name: routing-due-wake
SELECT s.public_id AS session, v.public_id AS visitor, v.last_seen_at AS seen_at, s.missed
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
 WHERE s.snoozed_until > 0
   AND s.snoozed_until <= :at
 ORDER BY s.snoozed_until
 LIMIT :limit

-- name: routing-due-idle
SELECT s.public_id AS session, v.public_id AS visitor, v.last_seen_at AS seen_at, s.missed
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
 WHERE s.open = 1
   AND s.active_at <= :at
   AND (s.waiting_since IS NULL
        OR s.first_reply_at IS NULL AND s.last_visitor_at < s.active_at AND {routing-bots-alone})
   AND s.snoozed_until IS NULL
 ORDER BY s.active_at, s.id
 LIMIT :limit

-- name: routing-due-missed
SELECT s.public_id AS session,
       v.public_id AS visitor,
       CASE WHEN v.last_seen_at > s.last_visitor_at THEN v.last_seen_at ELSE s.last_visitor_at END AS seen_at,
       s.missed
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
 WHERE s.open = 1
   AND s.missed = 0
   AND s.agent_messages = 0
   AND s.last_visitor_at <= :at
   AND v.last_seen_at <= :at
   AND NOT ({routing-bots-alone})
 ORDER BY seen_at, s.id
 LIMIT :limit

-- name: routing-due-return
SELECT s.public_id AS session, v.public_id AS visitor, v.last_seen_at AS seen_at, s.missed
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
  JOIN chat_agents AS a ON a.id = s.assignee_id
 WHERE s.open = 1
   AND s.waiting_since <= :at
   AND s.snoozed_until IS NULL
   AND COALESCE(a.seen_at, 0) <= :at
 ORDER BY s.waiting_since, s.id
 LIMIT :limit

-- The lock on the agent's row, held from here to the commit, keeps two nodes
-- from counting the same sessions and giving them one each.
-- name: routing-agent
UPDATE chat_agents
   SET routed_at = :at,
       seen_at = :at
 WHERE public_id = :agent
   AND availability = 'available'
RETURNING id

-- name: routing-open
SELECT COUNT(*)
  FROM chat_sessions
 WHERE assignee_id = :agent
   AND closed_at IS NULL
   AND snoozed_until IS NULL

-- name: routing-assign
UPDATE chat_sessions
   SET assignee_id = :agent,
       assigned_at = COALESCE(assigned_at, :at),
       released_by = NULL,
       updated_at = :at,
       version = version + 1
 WHERE public_id = :session
   AND open = 1
   AND assignee_id IS NULL
   AND waiting_since IS NOT NULL
   AND snoozed_until IS NULL
RETURNING id

-- name: routing-return
UPDATE chat_sessions
   SET assignee_id = NULL,
       released_by = NULL,
       queued_at = COALESCE(queued_at, waiting_since),
       updated_at = :at,
       version = version + 1
 WHERE public_id = :session
   AND open = 1
   AND waiting_since <= :before
   AND snoozed_until IS NULL
   AND EXISTS (SELECT 1 FROM chat_agents AS a WHERE a.id = assignee_id AND COALESCE(a.seen_at, 0) <= :before)
RETURNING id

-- name: routing-missed
UPDATE chat_sessions AS s
   SET missed = 1,
       updated_at = :at,
       version = version + 1
 WHERE public_id = :session
   AND open = 1
   AND missed = 0
   AND agent_messages = 0
   AND last_visitor_at <= :before
   AND NOT ({routing-bots-alone})
   AND visitor_id IN (SELECT v.id FROM chat_visitors AS v WHERE v.last_seen_at <= :before)
RETURNING id

-- name: routing-see-visitor
UPDATE chat_visitors
   SET last_seen_at = :at
 WHERE public_id = :id
   AND last_seen_at < :at

-- name: routing-see-agent
UPDATE chat_agents
   SET seen_at = :at
 WHERE public_id = :id
   AND COALESCE(seen_at, 0) < :at
