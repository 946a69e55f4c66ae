-- The rows that match are found first and put in order then: going through
-- the table from its end, as the planner would otherwise, takes ages for a
-- word that is rare. Where the page begins is no condition on an index (+ 0):
-- with a plan for any page, the numbers of a third of the table would be read
-- from it, to be compared with the few that match.

-- name: search-sessions
WITH hit AS MATERIALIZED (
  SELECT session_id AS id
    FROM chat_session_words
   WHERE words @@ CAST(:words AS tsquery)
     AND session_id + 0 < :before
), part AS (
  SELECT id
    FROM hit
   ORDER BY id DESC
   LIMIT :limit
)
SELECT s.id, s.visitor_name, s.visitor_email,
       COALESCE((SELECT string_agg(value, ' · ' ORDER BY n)
                   FROM json_array_elements_text(CAST(s.tags AS json)) WITH ORDINALITY AS t (value, n)), '') AS tags
  FROM part
  JOIN chat_sessions AS s ON s.id = part.id
 ORDER BY s.id DESC

-- name: search-messages
WITH hit AS MATERIALIZED (
  SELECT id
    FROM chat_messages
   WHERE words @@ CAST(:words AS tsquery)
     AND id + 0 < :before
), part AS (
  SELECT id
    FROM hit
   ORDER BY id DESC
   LIMIT :limit
)
SELECT m.id, m.body
  FROM part
  JOIN chat_messages AS m ON m.id = part.id
 ORDER BY m.id DESC

-- name: search-message-words
UPDATE chat_messages
   SET words = CAST(:words AS tsvector)
 WHERE id = :id

-- name: search-session-words
INSERT INTO chat_session_words (session_id, words)
VALUES (:id, CAST(:words AS tsvector))
ON CONFLICT (session_id) DO UPDATE SET words = excluded.words
