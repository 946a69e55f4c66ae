-- A transaction that waits too long for others, or whose process does not go
-- on, must not hold up everybody.

-- name: lock-limits
set_config('lock_timeout', '4s', true), set_config('idle_in_transaction_session_timeout', '15s', true)

-- name: lock-shared
SELECT {lock-limits}, pg_advisory_xact_lock_shared(:key)

-- name: lock-alone
SELECT {lock-limits}, pg_advisory_xact_lock(:key)

-- name: lock-deliveries
SELECT pg_advisory_xact_lock(:key)

-- name: lock-log
SELECT pg_advisory_xact_lock(:key)

-- name: lock-visitors
SELECT id
  FROM chat_visitors
 WHERE public_id IN ({each-name})
 ORDER BY public_id
   FOR NO KEY UPDATE

-- name: lock-sessions
SELECT id
  FROM chat_sessions
 WHERE public_id IN ({each-name})
 ORDER BY public_id
   FOR NO KEY UPDATE
