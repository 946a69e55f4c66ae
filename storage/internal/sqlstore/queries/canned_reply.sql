-- name: canned-reply-columns
public_id, shortcut, shortcut_key, body, created_at, updated_at

-- name: canned-reply-get
SELECT {canned-reply-columns}
  FROM chat_canned_replies
 WHERE public_id = :id

-- name: canned-reply-list-after
SELECT {canned-reply-columns}
  FROM chat_canned_replies
 WHERE shortcut_key > :place
 ORDER BY shortcut_key
 LIMIT :limit

-- name: canned-reply-list-before
SELECT {canned-reply-columns}
  FROM chat_canned_replies
 WHERE shortcut_key < :place
 ORDER BY shortcut_key DESC
 LIMIT :limit

-- name: canned-reply-insert
INSERT INTO chat_canned_replies (public_id, shortcut, shortcut_key, body, created_at, updated_at)
VALUES (:public_id, :shortcut, :shortcut_key, :body, :created_at, :updated_at)

-- name: canned-reply-update
UPDATE chat_canned_replies
   SET shortcut = :shortcut,
       shortcut_key = :shortcut_key,
       body = :body,
       updated_at = :updated_at
 WHERE public_id = :public_id

-- name: canned-reply-remove
DELETE FROM chat_canned_replies
 WHERE public_id = :id
