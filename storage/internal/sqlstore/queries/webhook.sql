-- name: webhook-columns
w.id,
w.public_id,
w.url,
w.events,
w.description,
w.enabled,
w.version,
w.disabled_reason,
w.failing_since,
w.created_at,
w.updated_at,
w.starts_after,
w.secrets,
w.revision

-- name: webhook-get
SELECT {webhook-columns}
  FROM chat_webhooks AS w
 WHERE w.public_id = :id
   AND w.removed = 0

-- name: webhook-list
SELECT {webhook-columns}
  FROM chat_webhooks AS w
 WHERE w.removed = 0
 ORDER BY w.id

-- name: webhook-count
SELECT COUNT(*)
  FROM chat_webhooks
 WHERE removed = 0

-- name: webhook-insert
INSERT INTO chat_webhooks (
  public_id, url, events, description, enabled, version, disabled_reason, failing_since, created_at, updated_at,
  starts_after, secrets, revision, removed
) VALUES (
  :public_id, :url, :events, :description, :enabled, :version, :disabled_reason, NULL, :created_at, :updated_at,
  :starts_after, :secrets, 1, 0
)

-- name: webhook-update
UPDATE chat_webhooks
   SET url = :url,
       events = :events,
       description = :description,
       enabled = :enabled,
       version = :version,
       disabled_reason = :disabled_reason,
       failing_since = :failing_since,
       updated_at = :updated_at,
       secrets = :secrets,
       revision = revision + 1
 WHERE id = :id
   AND revision = :revision

-- name: webhook-failing
UPDATE chat_webhooks
   SET failing_since = :failing_since
 WHERE id = :id

-- name: webhook-remove
UPDATE chat_webhooks
   SET removed = 1,
       enabled = 0,
       url = '',
       events = '[]',
       description = '',
       secrets = '',
       revision = revision + 1
 WHERE id = :id

-- name: webhook-list-removed
SELECT id
  FROM chat_webhooks
 WHERE removed = 1

-- name: webhook-list-rows
SELECT id
  FROM chat_webhooks

-- name: webhook-delete
DELETE FROM chat_webhooks
 WHERE id = :id
   AND removed = 1
   AND NOT EXISTS (SELECT 1 FROM chat_webhook_deliveries AS d WHERE d.webhook_id = :id)

-- name: webhook-due
SELECT w.public_id AS webhook,
       (SELECT MIN(l.due_at) FROM chat_webhook_lanes AS l WHERE l.webhook_id = w.id) AS due
  FROM chat_webhooks AS w
 WHERE w.enabled = 1
   AND w.removed = 0
