-- name: agent-columns
public_id, name, email, avatar_url, availability, admin

-- name: agent-get
SELECT {agent-columns}
  FROM chat_agents
 WHERE public_id = :id

-- name: agent-find
SELECT id
  FROM chat_agents
 WHERE public_id = :id

-- name: agent-list
SELECT {agent-columns}
  FROM chat_agents
 ORDER BY name, id

-- name: agent-save
INSERT INTO chat_agents (public_id, name, email, avatar_url, availability, admin)
VALUES (:public_id, :name, :email, :avatar_url, CASE :availability WHEN '' THEN :default_availability ELSE :availability END, :admin)
ON CONFLICT (public_id) DO UPDATE
   SET name = excluded.name,
       email = excluded.email,
       avatar_url = excluded.avatar_url,
       availability = CASE :availability WHEN '' THEN chat_agents.availability ELSE excluded.availability END,
       admin = excluded.admin
RETURNING {agent-columns}
