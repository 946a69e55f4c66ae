-- name: department-columns
id, public_id, name, name_key, agents, capacity, hours, routing, created_at, updated_at

-- name: department-get
SELECT {department-columns}
  FROM chat_departments
 WHERE public_id = :id

-- name: department-list-after
SELECT {department-columns}
  FROM chat_departments
 WHERE name_key > :place
 ORDER BY name_key
 LIMIT :limit

-- name: department-list-before
SELECT {department-columns}
  FROM chat_departments
 WHERE name_key < :place
 ORDER BY name_key DESC
 LIMIT :limit

-- name: department-count
SELECT COUNT(*)
  FROM chat_departments

-- name: department-insert
INSERT INTO chat_departments (public_id, name, name_key, agents, capacity, hours, routing, created_at, updated_at)
VALUES (:public_id, :name, :name_key, :agents, :capacity, :hours, :routing, :created_at, :updated_at)

-- name: department-update
UPDATE chat_departments
   SET name = :name,
       name_key = :name_key,
       agents = :agents,
       capacity = :capacity,
       hours = :hours,
       routing = :routing,
       updated_at = :updated_at
 WHERE id = :id

-- name: department-rename-sessions
UPDATE chat_sessions
   SET department = :name,
       updated_at = :at,
       version = version + 1
 WHERE department = :old
RETURNING id, open

-- name: department-remove
DELETE FROM chat_departments
 WHERE public_id = :id
