-- name: file-get
SELECT m.public_id AS message,
       m.attachments,
       m.at,
       s.public_id AS session
  FROM chat_files AS f
  JOIN chat_messages AS m ON m.id = f.message_id
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE f.public_id = :id

-- name: file-size
SELECT COUNT(*) AS chunks,
       COALESCE(SUM(LENGTH(c.data)), 0) AS size
  FROM chat_files AS f
  JOIN chat_file_chunks AS c ON c.file_id = f.id
 WHERE f.public_id = :id

-- name: file-chunk
SELECT c.data
  FROM chat_files AS f
  JOIN chat_file_chunks AS c ON c.file_id = f.id
 WHERE f.public_id = :id
   AND c.n = :n

-- name: file-list-loose
SELECT f.public_id
  FROM chat_files AS f
 WHERE f.message_id IS NULL
   AND f.at < :before
 ORDER BY f.at
 LIMIT :limit

-- name: file-find-loose
SELECT f.id
  FROM chat_files AS f
 WHERE f.public_id = :id
   AND f.message_id IS NULL

-- name: file-insert
INSERT INTO chat_files (public_id, at)
VALUES (:id, :at)

-- name: file-insert-chunk
INSERT INTO chat_file_chunks (file_id, n, data)
VALUES (:file, :n, :data)

-- name: file-claim
UPDATE chat_files
   SET message_id = :message
 WHERE public_id = :id
   AND message_id IS NULL
   AND at > 0
RETURNING id

-- name: file-of-message
SELECT f.id,
       f.public_id
  FROM chat_files AS f
 WHERE f.message_id = :message

-- name: file-of-visitor
SELECT f.id,
       f.public_id
  FROM chat_files AS f
  JOIN chat_messages AS m ON m.id = f.message_id
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE s.visitor_id = :visitor

-- name: file-loosen
UPDATE chat_files
   SET message_id = NULL,
       at = 0
 WHERE id = :id

-- name: file-delete-chunks
DELETE FROM chat_file_chunks
 WHERE file_id = :id

-- name: file-delete
DELETE FROM chat_files
 WHERE id = :id
