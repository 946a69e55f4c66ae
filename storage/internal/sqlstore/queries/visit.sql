-- name: visit-select
SELECT t.id, t.started_at, t.last_at, t.pages, t.data
  FROM chat_visits AS t
  JOIN chat_visitors AS v ON v.id = t.visitor_id

-- name: visit-insert
INSERT INTO chat_visits (visitor_id, started_at, last_at, pages, data)
VALUES (:visitor, :at, :at, 1, :data)
RETURNING id

-- name: visit-begin
UPDATE chat_visitors
   SET visit_id = :id
 WHERE id = :visitor

-- name: visit-go-on
UPDATE chat_visits
   SET pages = pages + 1,
       last_at = :at
 WHERE id = :id

-- name: visit-place
UPDATE chat_visits
   SET data = :data
 WHERE id = :id

-- name: visit-move
UPDATE chat_visits
   SET visitor_id = :visitor
 WHERE visitor_id = :id

-- The latest visit of a visitor who has just got those of another.
-- name: visit-latest
UPDATE chat_visitors
   SET visit_id = (SELECT id FROM chat_visits WHERE visitor_id = :visitor ORDER BY started_at DESC, id DESC LIMIT 1)
 WHERE id = :visitor

-- name: visit-erase
DELETE FROM chat_visits
 WHERE visitor_id = :visitor
