-- name: settings-get
SELECT version, data
  FROM chat_settings
 WHERE id = 1

-- name: settings-save
INSERT INTO chat_settings (id, version, data, updated_at)
VALUES (1, :version, :data, :at)
ON CONFLICT (id) DO UPDATE
   SET version = excluded.version,
       data = excluded.data,
       updated_at = excluded.updated_at
