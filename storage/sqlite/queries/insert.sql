-- The driver says of every insert which row it has made, for less than the
-- statement would.
-- name: returning-id

-- name: event-insert
INSERT INTO chat_events (type, session_id, message_id, at)
VALUES (:type, :session, :message, :at)
