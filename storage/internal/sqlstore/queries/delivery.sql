-- name: delivery-columns
d.webhook_id,
d.n,
d.session_id,
d.event,
d.state,
d.attempt,
d.tries,
d.refusals,
d.due_at,
d.started_at,
d.at,
d.settled_at,
d.attempts,
w.public_id AS webhook,
w.enabled,
w.failing_since,
s.public_id AS session

-- name: delivery-select
SELECT {delivery-columns}
  FROM chat_webhook_deliveries AS d
  JOIN chat_webhooks AS w ON w.id = d.webhook_id
  LEFT JOIN chat_sessions AS s ON s.id = d.session_id

-- name: delivery-get
SELECT {delivery-columns}
  FROM chat_webhooks AS w
  JOIN chat_webhook_deliveries AS d ON d.webhook_id = w.id AND d.n = :n
  LEFT JOIN chat_sessions AS s ON s.id = d.session_id
 WHERE w.public_id = :webhook
   AND w.removed = 0

-- The subquery keeps to the index of what is pending, where the rest of the
-- row is not.
-- name: delivery-next
SELECT {delivery-columns},
       b.body
  FROM chat_webhook_deliveries AS d
  JOIN chat_webhook_bodies AS b ON b.n = d.n
  JOIN chat_webhooks AS w ON w.id = d.webhook_id
  LEFT JOIN chat_sessions AS s ON s.id = d.session_id
 WHERE d.webhook_id = :webhook_id
   AND d.n IN (
     SELECT p.n
       FROM chat_webhook_deliveries AS p
      WHERE p.webhook_id = :webhook_id AND p.session_id = :session_id AND p.state = 0
      ORDER BY p.n
      LIMIT :limit)
 ORDER BY d.n

-- name: delivery-of-session
SELECT s.id AS session_id,
       m.id AS message_id,
       m.deleted_at
  FROM chat_sessions AS s
  LEFT JOIN chat_messages AS m ON m.session_id = s.id AND m.public_id = :message
 WHERE s.public_id = :session

-- name: delivery-last-number
SELECT COALESCE(MAX(n), 0)
  FROM chat_webhook_bodies

-- name: delivery-add-body
INSERT INTO chat_webhook_bodies (n, session_id, message_id, body)
VALUES (:n, :session, :message_id, :body)
ON CONFLICT (n) DO NOTHING

-- name: delivery-add
INSERT INTO chat_webhook_deliveries (webhook_id, n, session_id, event, state, attempt, tries, refusals, due_at, at, settled_at)
SELECT w.id, :n, :session_id, :event, :state, 0, 0, 0, :due_at, :at, :settled_at
  FROM chat_webhooks AS w
 WHERE w.removed = 0
   AND w.public_id IN ({each-webhook})
ON CONFLICT (webhook_id, n) DO NOTHING

-- name: delivery-claim
UPDATE chat_webhook_deliveries
   SET attempt = attempt + 1,
       tries = tries + 1,
       started_at = COALESCE(started_at, :now)
 WHERE webhook_id = :webhook_id
   AND n = :n

-- name: delivery-settle
UPDATE chat_webhook_deliveries
   SET state = :state,
       attempt = :attempt,
       tries = :tries,
       refusals = :refusals,
       due_at = :due_at,
       started_at = :started_at,
       settled_at = :settled_at,
       attempts = :attempts
 WHERE webhook_id = :webhook_id
   AND n = :n

-- name: delivery-rearm
UPDATE chat_webhook_deliveries
   SET state = 0,
       tries = 0,
       refusals = 0,
       due_at = :now,
       started_at = NULL,
       settled_at = NULL
 WHERE webhook_id = :webhook_id
   AND n = :n

-- name: delivery-wake
UPDATE chat_webhook_deliveries
   SET due_at = :now
 WHERE webhook_id = :webhook_id
   AND due_at > :now
   AND n IN (
     SELECT p.n
       FROM chat_webhook_deliveries AS p
      WHERE p.webhook_id = :webhook_id AND p.session_id >= :lowest AND p.state = 0)

-- name: delivery-list-from
SELECT d.n, d.session_id, d.state, d.at
  FROM chat_webhook_deliveries AS d
 WHERE d.webhook_id = :webhook_id
   AND d.n > :after
 ORDER BY d.n
 LIMIT :limit

-- name: delivery-prune
DELETE FROM chat_webhook_deliveries
 WHERE webhook_id = :webhook_id
   AND n IN (
     SELECT d.n
       FROM chat_webhook_deliveries AS d
      WHERE d.webhook_id = :webhook_id AND d.n <= :through AND (d.state <> 0 OR :pending = 1)
      ORDER BY d.n
      LIMIT :limit)

-- CROSS JOIN keeps SQLite from going through all deliveries for each body.
-- name: delivery-prune-bodies
DELETE FROM chat_webhook_bodies
 WHERE n IN (
   SELECT b.n
     FROM chat_webhook_bodies AS b
    WHERE b.n <= :through
      AND NOT EXISTS (
        SELECT 1
          FROM chat_webhooks AS w
          CROSS JOIN chat_webhook_deliveries AS d
         WHERE d.webhook_id = w.id
           AND d.n = b.n)
    ORDER BY b.n
    LIMIT :limit)

-- name: delivery-bodies-of-message
SELECT n, body
  FROM chat_webhook_bodies
 WHERE session_id = :session_id
   AND message_id = :message_id

-- name: delivery-set-body
UPDATE chat_webhook_bodies
   SET body = :body
 WHERE n = :n

-- name: delivery-erase
DELETE FROM chat_webhook_deliveries
 WHERE (webhook_id, n) IN (
   SELECT w.id, b.n
     FROM chat_webhooks AS w
     CROSS JOIN chat_webhook_bodies AS b
    WHERE b.session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor))

-- name: delivery-erase-lanes
DELETE FROM chat_webhook_lanes
 WHERE (webhook_id, session_id) IN (
   SELECT w.id, s.id
     FROM chat_webhooks AS w
     CROSS JOIN chat_sessions AS s
    WHERE s.visitor_id = :visitor)

-- name: delivery-erase-bodies
DELETE FROM chat_webhook_bodies
 WHERE session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)

-- Where the lane waits for its first delivery, what comes behind waits too;
-- while it is being sent from, whoever sends looks for more.
-- name: lane-open
INSERT INTO chat_webhook_lanes (webhook_id, session_id, due_at, blocked)
SELECT w.id, :session_id, :due_at, 0
  FROM chat_webhooks AS w
 WHERE w.removed = 0
   AND w.public_id IN ({each-webhook})
ON CONFLICT (webhook_id, session_id) DO UPDATE
   SET due_at = excluded.due_at
 WHERE chat_webhook_lanes.leased_until IS NULL
   AND chat_webhook_lanes.blocked = 0
   AND chat_webhook_lanes.due_at > excluded.due_at

-- name: lane-rearm
INSERT INTO chat_webhook_lanes (webhook_id, session_id, due_at, blocked)
VALUES (:webhook_id, :session_id, :now, 0)
ON CONFLICT (webhook_id, session_id) DO UPDATE
   SET due_at = excluded.due_at
 WHERE chat_webhook_lanes.leased_until IS NULL
   AND chat_webhook_lanes.due_at > excluded.due_at

-- name: lane-due
SELECT session_id
  FROM chat_webhook_lanes
 WHERE webhook_id = :webhook_id
   AND due_at <= :now
 ORDER BY due_at
 LIMIT :limit

-- name: lane-leased
SELECT COALESCE(MAX(leased_n), 0)
  FROM chat_webhook_lanes
 WHERE webhook_id = :webhook_id
   AND session_id = :session_id
   AND leased_until > :now

-- name: lane-lease
UPDATE chat_webhook_lanes
   SET due_at = :lease,
       leased_until = :lease,
       leased_n = :n,
       blocked = 0
 WHERE webhook_id = :webhook_id
   AND session_id = :session_id

-- name: lane-renew
UPDATE chat_webhook_lanes
   SET due_at = :lease,
       leased_until = :lease
 WHERE webhook_id = :webhook_id
   AND session_id = :session_id
   AND leased_n = :n

-- name: lane-release
UPDATE chat_webhook_lanes
   SET due_at = :now,
       leased_until = NULL,
       leased_n = NULL
 WHERE leased_until IS NOT NULL

-- name: lane-park
UPDATE chat_webhook_lanes
   SET due_at = :due_at,
       leased_until = NULL,
       leased_n = NULL,
       blocked = :blocked
 WHERE webhook_id = :webhook_id
   AND session_id = :session_id

-- name: lane-close
DELETE FROM chat_webhook_lanes
 WHERE webhook_id = :webhook_id
   AND session_id = :session_id

-- name: lane-close-all
DELETE FROM chat_webhook_lanes
 WHERE webhook_id = :webhook_id

-- name: lane-wake
UPDATE chat_webhook_lanes
   SET due_at = :now
 WHERE webhook_id = :webhook_id
   AND leased_until IS NULL
   AND due_at > :now
