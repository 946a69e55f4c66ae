-- name: cursor-get
SELECT position
  FROM chat_cursors
 WHERE name = :name

-- name: cursor-open
INSERT INTO chat_cursors (name, position, holder, held_until)
VALUES (:name, :start, '', 0)
ON CONFLICT (name) DO NOTHING

-- name: cursor-hold
UPDATE chat_cursors
   SET position = CASE WHEN position < :to THEN :to ELSE position END,
       holder = :holder,
       held_until = :until
 WHERE name = :name
   AND (holder = :holder OR held_until <= :now)
RETURNING position

-- name: cursor-move
UPDATE chat_cursors
   SET position = :to
 WHERE name = :name
   AND position = :from

-- name: cursor-set
INSERT INTO chat_cursors (name, position, holder, held_until)
VALUES (:name, :to, '', 0)
ON CONFLICT (name) DO UPDATE SET position = excluded.position

-- name: cursor-remove
DELETE FROM chat_cursors
 WHERE name = :name
