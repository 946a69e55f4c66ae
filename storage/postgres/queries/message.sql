-- A message in one statement: its session's next seq, then its row.
-- name: message-append
WITH bumped AS (
  {session-bump}
), added AS (
  INSERT INTO chat_messages (session_id, seq, {message-own-columns}{message-words-column})
  SELECT b.id, b.message_count, {message-own-values}{message-words-value}
    FROM bumped AS b
  RETURNING id
)
SELECT a.id AS message_row, b.*
  FROM bumped AS b
 CROSS JOIN added AS a

-- A client that repeats itself is found out before anything was written, so
-- that the messages sent together with it need not be undone. OFFSET 0 keeps
-- this a question about one session: as a join it was planned, while the table
-- was young, to read the messages of all.
-- name: session-bump-unless

   AND NOT EXISTS (
     SELECT 1
       FROM chat_messages AS t
      WHERE t.session_id = chat_sessions.id AND t.sender = :sender AND t.client_id = :client_id
     OFFSET 0)

-- name: message-words-column
, words

-- name: message-words-value
, CAST(:words AS tsvector)
