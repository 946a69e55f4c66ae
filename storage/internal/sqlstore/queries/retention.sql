-- What is removed because of its age. A session whose latest event is younger
-- than it may be stays: something was still done with it.

-- name: purge-sessions
SELECT s.id
  FROM chat_sessions AS s
 WHERE s.closed_at < :before
   AND s.updated_at < :before
   AND NOT EXISTS (SELECT 1 FROM chat_events AS e WHERE e.session_id = s.id AND e.at >= :before)
 ORDER BY s.closed_at
 LIMIT :limit

-- name: purge-session-owner
UPDATE chat_sessions
   SET visitor_id = :visitor,
       client_id = NULL
 WHERE id = :id

-- name: purge-last-event
SELECT COALESCE(MAX(e.id), 0)
  FROM chat_events AS e
 WHERE e.session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)

-- Rows come in the order of their times, or nearly so: the oldest are the first.
-- name: purge-page-views
DELETE FROM chat_page_views
 WHERE id IN (
   SELECT first.id
     FROM (SELECT p.id, p.at FROM chat_page_views AS p ORDER BY p.id LIMIT :limit) AS first
    WHERE first.at < :before)

-- name: purge-visits
SELECT first.id, first.visitor_id AS visitor
  FROM (SELECT t.id, t.visitor_id, t.last_at FROM chat_visits AS t ORDER BY t.id LIMIT :limit) AS first
 WHERE first.last_at < :before

-- name: purge-visit-latest
UPDATE chat_visitors
   SET visit_id = NULL
 WHERE id = :visitor
   AND visit_id = :id

-- name: purge-visit
DELETE FROM chat_visits
 WHERE id = :id

-- name: purge-visitors
SELECT v.id,
       v.last_seen_at,
       CASE WHEN v.banned_until IS NULL AND NOT EXISTS (SELECT 1 FROM chat_sessions AS s WHERE s.visitor_id = v.id)
            THEN 1 ELSE 0 END AS idle
  FROM chat_visitors AS v
 WHERE v.last_seen_at >= :after
   AND v.last_seen_at < :before
 ORDER BY v.last_seen_at
 LIMIT :limit

-- name: purge-files
SELECT f.id, f.public_id, f.message_id
  FROM chat_files AS f
 WHERE f.message_id IS NOT NULL
   AND f.at < :before
 ORDER BY f.at
 LIMIT :limit

-- name: purge-file-attachments
SELECT m.attachments
  FROM chat_messages AS m
 WHERE m.id = :id

-- name: purge-file-expire
UPDATE chat_messages
   SET attachments = :attachments
 WHERE id = :id
