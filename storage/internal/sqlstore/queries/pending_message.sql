-- In a transaction of the host's: with nothing but what every connection knows.
-- name: pending-add
INSERT INTO chat_pending_messages (public_id, session_id, sender, sender_id, sender_name, note, body, client_id, fingerprint, at)
SELECT CAST(:public_id AS text), s.id, CAST(:sender AS text), CAST(:sender_id AS text), CAST(:sender_name AS text), CAST(:note AS bigint),
       CAST(:body AS text), CAST(:client_id AS text), CAST(:fingerprint AS text), CAST(:at AS bigint)
  FROM chat_sessions AS s
 WHERE s.public_id = :session

-- name: pending-list
SELECT p.public_id, s.public_id AS session, p.sender, p.sender_id, p.sender_name, p.note, p.body, p.client_id, p.fingerprint, p.at
  FROM chat_pending_messages AS p
  JOIN chat_sessions AS s ON s.id = p.session_id
 ORDER BY p.id
 LIMIT :limit

-- name: pending-remove
DELETE FROM chat_pending_messages
 WHERE public_id = :message
