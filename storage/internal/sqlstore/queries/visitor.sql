-- name: visitor-columns
v.id,
v.public_id,
v.external_id,
v.name,
v.email,
v.verified,
v.locale,
v.time_zone,
v.user_agent,
v.page,
v.custom_data,
v.ban,
v.created_at,
v.last_seen_at,
v.visit_id,
visit.started_at AS visit_started_at,
visit.last_at AS visit_last_at,
visit.pages AS visit_pages,
visit.data AS visit_data

-- name: visitor-select
SELECT {visitor-columns},
       (SELECT o.public_id FROM chat_sessions AS o WHERE o.visitor_id = v.id AND o.closed_at IS NULL ORDER BY o.id DESC LIMIT 1) AS open_session
  FROM chat_visitors AS v
  LEFT JOIN chat_visits AS visit ON visit.id = v.visit_id

-- name: visitor-get
SELECT {visitor-columns}
  FROM chat_visitors AS v
  LEFT JOIN chat_visits AS visit ON visit.id = v.visit_id
 WHERE v.public_id = :id

-- name: visitor-get-token
SELECT {visitor-columns}
  FROM chat_visitors AS v
  LEFT JOIN chat_visits AS visit ON visit.id = v.visit_id
  JOIN chat_visitor_tokens AS t ON t.visitor_id = v.id
 WHERE t.hash = :hash

-- name: visitor-get-external
SELECT {visitor-columns}
  FROM chat_visitors AS v
  LEFT JOIN chat_visits AS visit ON visit.id = v.visit_id
 WHERE v.external_id = :external

-- name: visitor-insert
INSERT INTO chat_visitors (
  public_id, external_id, name, email, verified, locale, time_zone, user_agent, page, custom_data, created_at, last_seen_at
) VALUES (
  :public_id, :external_id, :name, :email, :verified, :locale, :time_zone, :user_agent, :page, :custom_data, :created_at, :last_seen_at
)

-- name: visitor-update
UPDATE chat_visitors
   SET external_id = :external_id,
       name = :name,
       email = :email,
       verified = :verified,
       locale = :locale,
       time_zone = :time_zone,
       user_agent = :user_agent,
       page = :page,
       custom_data = :custom_data,
       last_seen_at = :last_seen_at
 WHERE public_id = :public_id

-- name: visitor-ban
UPDATE chat_visitors
   SET ban = :ban,
       banned_until = :until
 WHERE id = :visitor

-- name: visitor-ban-prune
UPDATE chat_visitors
   SET ban = NULL,
       banned_until = NULL
 WHERE banned_until <= :now

-- name: visitor-delete
DELETE FROM chat_visitors
 WHERE id = :visitor

-- name: visitor-token-insert
INSERT INTO chat_visitor_tokens (hash, visitor_id)
VALUES (:hash, :visitor)

-- name: visitor-token-clear
DELETE FROM chat_visitor_tokens
 WHERE visitor_id = :visitor
