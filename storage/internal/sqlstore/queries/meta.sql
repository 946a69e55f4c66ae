-- name: meta-get
SELECT value
  FROM chat_meta
 WHERE name = :name

-- name: meta-set
INSERT INTO chat_meta (name, value)
VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: meta-delete
DELETE FROM chat_meta
 WHERE name = :name

-- A savepoint around each op of a batch.

-- name: op-begin
SAVEPOINT op

-- name: op-rollback
ROLLBACK TO op

-- name: op-end
RELEASE op
