-- name: event-columns
e.id,
e.type,
e.at,
e.session_id,
e.message_id,
s.public_id AS session,
v.public_id AS visitor

-- name: event-tables
chat_events AS e
  JOIN chat_sessions AS s ON s.id = e.session_id
  JOIN chat_visitors AS v ON v.id = s.visitor_id

-- name: event-list
SELECT {event-columns}
  FROM {event-tables}
 WHERE e.id > :after
 ORDER BY e.id
 LIMIT :limit

-- name: event-list-session
SELECT {event-columns}
  FROM {event-tables}
 WHERE e.id > :after
   AND e.session_id = (SELECT id FROM chat_sessions WHERE public_id = :session)
 ORDER BY e.id
 LIMIT :limit

-- name: event-list-visitor
SELECT {event-columns}
  FROM {event-tables}
 WHERE e.id > :after
   AND e.session_id IN (
     SELECT o.id
       FROM chat_sessions AS o
      WHERE o.visitor_id = (SELECT id FROM chat_visitors WHERE public_id = :visitor))
 ORDER BY e.id
 LIMIT :limit

-- name: event-head
SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'chat_events'), 0)

-- name: event-prune-to
SELECT COALESCE((SELECT e.id - 1 FROM chat_events AS e WHERE e.at >= :before ORDER BY e.id LIMIT 1),
                (SELECT MAX(e.id) FROM chat_events AS e), 0)

-- name: event-prune
DELETE FROM chat_events
 WHERE id <= :position

-- name: event-erase
DELETE FROM chat_events
 WHERE session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)
