-- name: draft-get
SELECT d.body, d.updated_at
  FROM chat_drafts AS d
  JOIN chat_sessions AS s ON s.id = d.session_id
 WHERE s.public_id = :session
   AND d.agent_id = :agent
   AND d.note = :note

-- name: draft-save
INSERT INTO chat_drafts (session_id, agent_id, note, body, updated_at)
VALUES (:session_id, :agent, :note, :body, :updated_at)
ON CONFLICT (session_id, agent_id, note) DO UPDATE
   SET body = excluded.body,
       updated_at = excluded.updated_at

-- name: draft-remove
DELETE FROM chat_drafts
 WHERE session_id = :session_id
   AND agent_id = :agent
   AND note = :note
