-- A transaction that waits too long for others, or whose process does not go
-- on, must not hold up everybody.

-- name: lock-limits
set_config('lock_timeout', '4s', true), set_config('idle_in_transaction_session_timeout', '15s', true)

-- These transactions find rows by their keys. While a table is young the planner
-- would rather read it whole, and go on so from a plan that it remembers when it
-- is not young any more. It also makes that plan only after it has made five for
-- the values at hand, which takes longer than to carry them out.
-- name: lock-shared
SELECT {lock-limits}, set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
       pg_advisory_xact_lock_shared(:key)

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
 WHERE public_id = ANY (ARRAY({each-name}))
 ORDER BY public_id
   FOR NO KEY UPDATE
