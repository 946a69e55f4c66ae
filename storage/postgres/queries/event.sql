-- One statement for all events of a transaction, as lists of type, session,
-- message and time. Positions are given out in the order of the list, while the
-- log's lock is held: see lock-log.
-- name: event-insert-many
INSERT INTO chat_events (type, session_id, message_id, at)
SELECT event ->> 0, CAST(event ->> 1 AS bigint), CAST(event ->> 2 AS bigint), CAST(event ->> 3 AS bigint)
  FROM json_array_elements(CAST(:events AS json)) WITH ORDINALITY AS list (event, n)
 ORDER BY n
RETURNING id

-- The newest position is that of the last event, or where that was removed,
-- what was noted then. The sequence would also count what is not committed.
-- name: event-head
SELECT GREATEST((SELECT MAX(id) FROM chat_events),
                (SELECT CAST(value AS bigint) FROM chat_meta WHERE name = 'events_head'), 0)

-- name: event-keep-head
INSERT INTO chat_meta (name, value)
SELECT 'events_head', MAX(id)
  FROM gone
HAVING MAX(id) IS NOT NULL
ON CONFLICT (name) DO UPDATE
   SET value = GREATEST(CAST(chat_meta.value AS bigint), CAST(excluded.value AS bigint))

-- name: event-prune
WITH gone AS (
  DELETE FROM chat_events
   WHERE id <= :position
  RETURNING id
)
{event-keep-head}

-- name: event-erase
WITH gone AS (
  DELETE FROM chat_events
   WHERE session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)
  RETURNING id
)
{event-keep-head}
