-- Messages of different sessions in one statement: each session's next seq,
-- then the rows. The parameters are arrays, of which given makes columns.
-- name: message-append
WITH given AS MATERIALIZED (
  SELECT *
    FROM unnest(
           CAST(:nth AS bigint[]), CAST(:session AS text[]), CAST(:public_id AS text[]), CAST(:note AS bigint[]),
           CAST(:sender AS text[]), CAST(:sender_id AS text[]), CAST(:sender_name AS text[]), CAST(:body AS text[]),
           CAST(:attachments AS text[]), CAST(:client_id AS text[]), CAST(:fingerprint AS text[]), CAST(:at AS bigint[]),
           CAST(:mentions AS text[]), CAST(:quick_replies AS text[]), CAST(:translation AS text[]), CAST(:words AS text[])
         ) AS list (
           given_nth, given_session, given_public_id, given_note,
           given_sender, given_sender_id, given_sender_name, given_body,
           given_attachments, given_client_id, given_fingerprint, given_at,
           given_mentions, given_quick_replies, given_translation, given_words)
), bumped AS (
  {session-bump-set given_}
    FROM given
   WHERE {session-bump-where given_}
  RETURNING {session-bump-columns}, given_nth AS nth
), added AS (
  INSERT INTO chat_messages (session_id, seq, {message-own-columns}{message-words-column})
  SELECT b.id, b.message_count, {message-own-values given_}{message-words-value given_}
    FROM bumped AS b
    JOIN given ON given_nth = b.nth
  RETURNING id, session_id
)
SELECT a.id AS message_row, b.*
  FROM bumped AS b
  JOIN added AS a ON a.session_id = b.id

-- ANY, although there is only one to compare with, because that can only become
-- a search by key. As an equation the plan of message-append, which is kept
-- whatever the tables become, was to read all open sessions for each group.
-- name: session-bump-where
public_id = ANY (ARRAY[:session])
   AND closed_at IS NULL {session-bump-unless}

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
