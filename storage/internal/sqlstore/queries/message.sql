-- name: message-columns
m.id,
m.public_id,
m.session_id,
m.seq,
m.note,
m.sender,
m.sender_id,
m.sender_name,
m.body,
m.attachments,
m.quick_replies,
m.translation,
m.client_id,
m.fingerprint,
m.at,
m.edited_at,
m.deleted_at,
m.mentions,
s.public_id AS session

-- name: message-get
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.public_id = :id
   AND s.public_id = :session

-- name: message-get-client
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE s.public_id = :session
   AND m.sender = :sender
   AND m.client_id = :client_id

-- name: message-get-first
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.session_id = :session
   AND m.seq = 1
   AND m.note = 0

-- name: message-get-rows
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.id IN ({each-row})

-- name: message-list-after
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.session_id = :session
   AND (m.seq, m.note) > (:seq, :note)
   AND (:notes = 1 OR m.note = 0)
 ORDER BY m.seq, m.note
 LIMIT :limit

-- name: message-list-before
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.session_id = :session
   AND (m.seq, m.note) < (:seq, :note)
   AND (:notes = 1 OR m.note = 0)
 ORDER BY m.seq DESC, m.note DESC
 LIMIT :limit

-- name: message-insert
INSERT INTO chat_messages (session_id, seq, {message-own-columns}{message-words-column})
VALUES (:session_id, :seq, {message-own-values}{message-words-value})
{returning-id}

-- How an insert says which row it has made, where the driver does not.
-- name: returning-id
RETURNING id

-- name: message-own-columns
public_id, note, sender, sender_id, sender_name, body, attachments, client_id, fingerprint, at, mentions, quick_replies, translation

-- name: message-own-values
:public_id, :note, :sender, :sender_id, :sender_name, :body, :attachments, :client_id, :fingerprint, :at, :mentions, :quick_replies, :translation

-- What the search index needs of a message, where it is kept in the row.
-- name: message-words-column

-- name: message-words-value

-- name: message-get-crossing
SELECT {message-columns}
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id
 WHERE m.session_id = :session
   AND m.seq > :after
   AND m.note = 0
   AND m.sender = 'agent'
   AND m.sender_id <> :sender_id
   AND m.deleted_at IS NULL
 ORDER BY m.seq DESC
 LIMIT 1

-- name: message-next-note
SELECT s.id AS session_id,
       s.message_count AS seq,
       1 + COALESCE((SELECT MAX(m.note)
                       FROM chat_messages AS m
                      WHERE m.session_id = s.id AND m.seq = s.message_count), 0) AS note
  FROM chat_sessions AS s
 WHERE s.public_id = :session

-- name: message-edit
UPDATE chat_messages
   SET body = :body,
       translation = :translation,
       edited_at = :at
 WHERE id = :id

-- name: message-delete
UPDATE chat_messages
   SET body = '',
       attachments = NULL,
       quick_replies = NULL,
       translation = NULL,
       deleted_at = :at
 WHERE id = :id

-- name: message-erase
DELETE FROM chat_messages
 WHERE session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)
