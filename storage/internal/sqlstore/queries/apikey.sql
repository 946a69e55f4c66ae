-- name: api-key-columns
public_id, name, prefix, scopes, created_at, last_used_at, revoked_at

-- name: api-key-get
SELECT {api-key-columns}
  FROM chat_api_keys
 WHERE public_id = :id

-- name: api-key-get-hash
SELECT {api-key-columns}
  FROM chat_api_keys
 WHERE hash = :hash

-- name: api-key-list
SELECT {api-key-columns}
  FROM chat_api_keys
 ORDER BY id

-- name: api-key-insert
INSERT INTO chat_api_keys (public_id, hash, name, prefix, scopes, created_at, last_used_at, revoked_at)
VALUES (:public_id, :hash, :name, :prefix, :scopes, :created_at, :last_used_at, :revoked_at)

-- name: api-key-update
UPDATE chat_api_keys
   SET name = :name,
       scopes = :scopes,
       revoked_at = NULL
 WHERE hash = :hash

-- name: api-key-revoke
UPDATE chat_api_keys
   SET revoked_at = :at
 WHERE public_id = :id

-- name: api-key-touch
UPDATE chat_api_keys
   SET last_used_at = :at
 WHERE public_id = :id
