-- name: ban-select
SELECT b.id, b.public_id, b.address, b.reason, b.until, b.at, b.by_id, v.public_id AS visitor
  FROM chat_bans AS b
  LEFT JOIN chat_visitors AS v ON v.id = b.visitor_id

-- name: ban-get-address
{ban-select}
 WHERE b.address = :address

-- name: ban-count
SELECT COUNT(*)
  FROM chat_bans
 WHERE address <> :address
   AND (until IS NULL OR until > :now)

-- name: ban-save
INSERT INTO chat_bans (public_id, address, reason, until, at, by_id, visitor_id)
VALUES (:public_id, :address, :reason, :until, :at, :by_id, :visitor_id)
ON CONFLICT (address) DO UPDATE
   SET reason = excluded.reason,
       until = excluded.until,
       at = excluded.at,
       by_id = excluded.by_id,
       visitor_id = excluded.visitor_id

-- name: ban-lift
DELETE FROM chat_bans
 WHERE public_id = :id

-- name: ban-lift-visitor
DELETE FROM chat_bans
 WHERE visitor_id = :visitor

-- name: ban-move
UPDATE chat_bans
   SET visitor_id = :visitor
 WHERE visitor_id = :id

-- name: ban-prune
DELETE FROM chat_bans
 WHERE until <= :now
