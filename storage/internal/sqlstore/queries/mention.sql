-- name: mention-select
SELECT {message-columns}, s.visitor_name
  FROM chat_mentions AS t
  JOIN chat_messages AS m ON m.id = t.message_id
  JOIN chat_sessions AS s ON s.id = m.session_id

-- name: mention-insert
INSERT INTO chat_mentions (agent_id, message_id)
VALUES (:agent, :message)
