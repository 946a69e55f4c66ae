-- name: page-view-select
SELECT p.id, p.url, p.title, p.referrer, p.at, p.name, p.data
  FROM chat_page_views AS p
  JOIN chat_visitors AS v ON v.id = p.visitor_id

-- name: page-view-insert
INSERT INTO chat_page_views (visitor_id, url, title, referrer, at, name, data, since)
VALUES (:visitor, :url, :title, :referrer, :at, :name, :data, (SELECT created_at FROM chat_visitors WHERE id = :visitor))

-- name: page-view-arrive
UPDATE chat_visitors
   SET page = :page,
       last_seen_at = :at
 WHERE id = :visitor
   AND last_seen_at <= :at

-- name: page-view-move
UPDATE chat_page_views
   SET visitor_id = :visitor,
       since = (SELECT created_at FROM chat_visitors WHERE id = :visitor)
 WHERE visitor_id = :id

-- name: page-view-erase
DELETE FROM chat_page_views
 WHERE visitor_id = :visitor
