-- name: greeting-insert
INSERT INTO chat_greetings (trigger_id, visitor_id, shown_at)
VALUES (:trigger, :visitor, :at)
ON CONFLICT (visitor_id, trigger_id) DO NOTHING
RETURNING id

-- name: greeting-answer
UPDATE chat_greetings
   SET answered_at = :at
 WHERE id = (SELECT MAX(id) FROM chat_greetings WHERE visitor_id = :visitor)
   AND answered_at IS NULL
   AND shown_at >= :since

-- name: greeting-of-visitor
SELECT g.trigger_id
  FROM chat_greetings AS g
  JOIN chat_visitors AS v ON v.id = g.visitor_id
 WHERE v.public_id = :visitor
 ORDER BY g.trigger_id

-- name: greeting-count
SELECT trigger_id, COUNT(*) AS shown, COUNT(answered_at) AS answered
  FROM chat_greetings
 WHERE shown_at >= :from
   AND shown_at < :to
 GROUP BY trigger_id
 ORDER BY trigger_id

-- Those that the visitor has been shown already stay with nobody.
-- name: greeting-move
UPDATE chat_greetings
   SET visitor_id = :visitor
 WHERE visitor_id = :id
   AND trigger_id NOT IN (SELECT trigger_id FROM chat_greetings WHERE visitor_id = :visitor)

-- name: greeting-forget
UPDATE chat_greetings
   SET visitor_id = NULL
 WHERE visitor_id = :visitor
