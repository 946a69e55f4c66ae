-- name: push-list
SELECT id, agent_id, endpoint, public_key, auth, created_at
  FROM chat_push_subscriptions
 ORDER BY id

-- name: push-save
INSERT INTO chat_push_subscriptions (id, agent_id, endpoint, public_key, auth, created_at)
VALUES (:id, :agent_id, :endpoint, :public_key, :auth, :created_at)
ON CONFLICT (id) DO UPDATE
   SET agent_id = excluded.agent_id,
       endpoint = excluded.endpoint,
       public_key = excluded.public_key,
       auth = excluded.auth,
       created_at = excluded.created_at

-- name: push-trim
DELETE FROM chat_push_subscriptions
 WHERE agent_id = :agent_id
   AND id NOT IN (SELECT id
                    FROM chat_push_subscriptions
                   WHERE agent_id = :agent_id
                   ORDER BY created_at DESC, id
                   LIMIT :keep)

-- name: push-remove
DELETE FROM chat_push_subscriptions
 WHERE id = :id
   AND (CAST(:agent_id AS TEXT) = '' OR agent_id = :agent_id)
