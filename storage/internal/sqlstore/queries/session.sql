-- Sessions are always read with the ids and names that stand beside them, and
-- with their latest message.

-- name: session-own-columns
id,
public_id,
visitor_name,
visitor_email,
source,
department,
tags,
custom_data,
page,
created_at,
updated_at,
active_at,
closed_at,
close_reason,
version,
message_count,
unread,
agent_seen_seq,
visitor_seen_seq,
visitor_unread,
waiting_since,
first_reply_at,
queued_at,
assigned_at,
snoozed_until,
missed,
rating_score,
rating_comment,
rating_at,
consent,
client_id,
fingerprint

-- name: session-columns
s.id,
s.public_id,
s.visitor_name,
s.visitor_email,
s.source,
s.department,
s.tags,
s.custom_data,
s.page,
s.created_at,
s.updated_at,
s.active_at,
s.closed_at,
s.close_reason,
s.version,
s.message_count,
s.unread,
s.agent_seen_seq,
s.visitor_seen_seq,
s.visitor_unread,
s.waiting_since,
s.first_reply_at,
s.queued_at,
s.assigned_at,
s.snoozed_until,
s.missed,
s.rating_score,
s.rating_comment,
s.rating_at,
s.consent,
s.client_id,
s.fingerprint,
v.public_id AS visitor,
v.ban,
a.public_id AS assignee,
a.name AS assignee_name,
a.avatar_url AS assignee_photo,
m.public_id AS last_id,
m.sender AS last_sender,
m.sender_name AS last_sender_name,
m.body AS last_body,
m.attachments AS last_attachments,
m.at AS last_at

-- name: session-tables
chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
  LEFT JOIN chat_agents AS a ON a.id = s.assignee_id
  LEFT JOIN chat_messages AS m ON m.session_id = s.id AND m.seq = s.message_count AND m.note = 0

-- name: session-select
SELECT {session-columns}
  FROM {session-tables}

-- name: session-get
SELECT {session-columns}
  FROM {session-tables}
 WHERE s.public_id = :id

-- name: session-get-row
SELECT {session-columns}
  FROM {session-tables}
 WHERE s.id = :id

-- name: session-get-client
SELECT {session-columns}
  FROM {session-tables}
 WHERE v.public_id = :visitor
   AND s.client_id = :client_id

-- name: session-get-rows
SELECT {session-columns}
  FROM {session-tables}
 WHERE s.id IN ({each-row})

-- name: session-get-visitor-rows
SELECT {session-columns}
  FROM {session-tables}
 WHERE s.visitor_id = :visitor
 ORDER BY s.id

-- name: session-find
SELECT id
  FROM chat_sessions
 WHERE public_id = :id

-- name: session-insert
INSERT INTO chat_sessions (
  public_id, visitor_id, visitor_name, visitor_email, source, department, assignee_id, tags, custom_data, page,
  created_at, updated_at, active_at, closed_at, open, close_reason, version, message_count,
  unread, agent_seen_seq, visitor_seen_seq, visitor_unread, client_id, fingerprint, assigned_at, consent
) VALUES (
  :public_id, :visitor_id, :visitor_name, :visitor_email, :source, :department, :assignee_id, :tags, :custom_data, :page,
  :created_at, :updated_at, :active_at, :closed_at, CASE WHEN CAST(:closed_at AS BIGINT) IS NULL THEN 1 ELSE 0 END, :close_reason, :version, 0,
  0, 0, 0, 0, :client_id, :fingerprint, CASE WHEN CAST(:assignee_id AS BIGINT) IS NULL THEN NULL ELSE CAST(:created_at AS BIGINT) END, :consent
)
RETURNING id

-- name: session-count-open
SELECT COUNT(*)
  FROM chat_sessions
 WHERE visitor_id = :visitor
   AND closed_at IS NULL

-- The snoozed are few, and always open: taking them off leaves the rest to
-- indexes that know nothing of them.
-- name: session-counts
SELECT
  (SELECT COUNT(*)
     FROM chat_sessions
    WHERE closed_at IS NULL
      AND assignee_id = (SELECT id FROM chat_agents WHERE public_id = :agent))
  - (SELECT COUNT(*)
       FROM chat_sessions
      WHERE snoozed_until IS NOT NULL
        AND assignee_id = (SELECT id FROM chat_agents WHERE public_id = :agent)) AS mine,
  (SELECT COUNT(*) FROM chat_sessions WHERE closed_at IS NULL AND assignee_id IS NULL)
  - (SELECT COUNT(*) FROM chat_sessions WHERE snoozed_until IS NOT NULL AND assignee_id IS NULL) AS unassigned,
  (SELECT COUNT(*) FROM chat_sessions WHERE closed_at IS NULL)
  - (SELECT COUNT(*) FROM chat_sessions WHERE snoozed_until IS NOT NULL) AS open,
  (SELECT COUNT(*)
     FROM chat_sessions
    WHERE snoozed_until IS NOT NULL
      AND assignee_id = (SELECT id FROM chat_agents WHERE public_id = :agent)) AS later,
  (SELECT COUNT(*) FROM chat_sessions WHERE closed_at IS NOT NULL) AS closed

-- The row's lock makes the order of seq the order of commits, so seq is a safe
-- place to go on reading from. waiting_since is only ever set by a visitor's
-- message and cleared by an agent's, so where it is set the visitor has written.
-- It returns what session-columns has, but for the message that comes next:
-- asking for it again would cost as much as all else.
-- name: session-bump
{session-bump-set}
 WHERE {session-bump-where}
RETURNING {session-bump-columns}

-- name: session-bump-set
UPDATE chat_sessions
   SET message_count = message_count + 1,
       updated_at = :at,
       active_at = :at,
       unread = CASE :sender WHEN 'visitor' THEN unread + 1 WHEN 'agent' THEN 0 ELSE unread END,
       agent_seen_seq = CASE :sender WHEN 'agent' THEN message_count + 1 ELSE agent_seen_seq END,
       visitor_seen_seq = CASE :sender WHEN 'visitor' THEN message_count + 1 ELSE visitor_seen_seq END,
       visitor_unread = CASE :sender WHEN 'visitor' THEN 0 ELSE visitor_unread + 1 END,
       first_reply_at = CASE
         WHEN :sender = 'agent' AND first_reply_at IS NULL AND waiting_since IS NOT NULL THEN :at
         ELSE first_reply_at END,
       agent_messages = CASE :sender WHEN 'agent' THEN agent_messages + 1 ELSE agent_messages END,
       bot_messages = CASE :sender WHEN 'bot' THEN bot_messages + 1 ELSE bot_messages END,
       last_visitor_at = CASE :sender WHEN 'visitor' THEN :at ELSE last_visitor_at END,
       last_agent_seq = CASE :sender WHEN 'agent' THEN message_count + 1 ELSE last_agent_seq END,
       first_bot_at = CASE
         WHEN :sender = 'bot' AND first_bot_at IS NULL AND first_reply_at IS NULL AND waiting_since IS NOT NULL THEN :at
         ELSE first_bot_at END,
       replies = CASE
         WHEN :sender = 'agent' AND waiting_since IS NOT NULL
         THEN replies || COALESCE((SELECT a.id FROM chat_agents AS a WHERE a.public_id = :sender_id), 0) || '/' || (:at - waiting_since) || '/' || (waiting_since - created_at) || ' '
         ELSE replies END,
       waiting_since = CASE :sender
         WHEN 'visitor' THEN COALESCE(waiting_since, :at)
         WHEN 'agent' THEN NULL
         ELSE waiting_since END

-- name: session-bump-where
public_id = :session
   AND closed_at IS NULL {session-bump-unless}

-- name: session-bump-columns
{session-own-columns},
          first_visitor_at,
          (SELECT v.public_id FROM chat_visitors AS v WHERE v.id = visitor_id) AS visitor,
          (SELECT v.ban FROM chat_visitors AS v WHERE v.id = visitor_id) AS ban,
          (SELECT a.public_id FROM chat_agents AS a WHERE a.id = assignee_id) AS assignee,
          (SELECT a.name FROM chat_agents AS a WHERE a.id = assignee_id) AS assignee_name,
          (SELECT a.avatar_url FROM chat_agents AS a WHERE a.id = assignee_id) AS assignee_photo

-- A condition more, where one database wants it.
-- name: session-bump-unless

-- Not part of session-bump: what is set there is written to its indexes with
-- every message.
-- name: session-first-word
UPDATE chat_sessions
   SET first_visitor_at = :at,
       queued_at = CASE WHEN assignee_id IS NULL THEN :at ELSE queued_at END
 WHERE id = :id

-- What a message may undo stands apart for the same reason: it is rare.
-- name: session-wake
UPDATE chat_sessions
   SET snoozed_until = NULL,
       updated_at = :at,
       version = version + 1
 WHERE id = :id

-- name: session-answered
UPDATE chat_sessions
   SET missed = 0,
       version = version + 1
 WHERE id = :id

-- name: session-snooze
UPDATE chat_sessions
   SET snoozed_until = :snoozed_until,
       assignee_id = (SELECT id FROM chat_agents WHERE public_id = :assignee),
       assigned_at = CASE WHEN CAST(:assignee AS TEXT) IS NULL THEN assigned_at ELSE COALESCE(assigned_at, :updated_at) END,
       updated_at = :updated_at,
       version = version + 1
 WHERE id = :id

-- name: session-update
UPDATE chat_sessions
   SET assignee_id = (SELECT id FROM chat_agents WHERE public_id = :assignee),
       assigned_at = CASE WHEN CAST(:assignee AS TEXT) IS NULL THEN assigned_at ELSE COALESCE(assigned_at, :updated_at) END,
       queued_at = CASE WHEN CAST(:assignee AS TEXT) IS NULL AND waiting_since IS NOT NULL THEN COALESCE(queued_at, :updated_at) ELSE queued_at END,
       released_by = CASE WHEN CAST(:assignee AS TEXT) IS NOT NULL THEN NULL WHEN assignee_id IS NOT NULL THEN assignee_id ELSE released_by END,
       snoozed_until = :snoozed_until,
       department = :department,
       tags = :tags,
       visitor_name = :visitor_name,
       visitor_email = :visitor_email,
       custom_data = :custom_data,
       updated_at = :updated_at,
       version = version + 1
 WHERE id = :id

-- name: session-close
UPDATE chat_sessions AS s
   SET closed_at = :at,
       open = 0,
       close_reason = :reason,
       visitor_left = :left,
       active_at = :at,
       updated_at = :at,
       waiting_since = NULL,
       snoozed_until = NULL,
       missed = CASE WHEN first_visitor_at IS NOT NULL AND agent_messages = 0 AND NOT ({routing-bots-alone}) THEN 1 ELSE 0 END,
       version = version + 1
 WHERE id = :id

-- name: session-ask
UPDATE chat_sessions
   SET rating_asked_at = :at
 WHERE id = :id
   AND rating_asked_at IS NULL

-- name: session-rate
UPDATE chat_sessions
   SET rating_score = :score,
       rating_comment = :comment,
       rating_at = :at,
       updated_at = :at
 WHERE id = :id

-- name: session-seen-visitor
UPDATE chat_sessions
   SET visitor_seen_seq = :seq,
       visitor_unread = (
         SELECT COUNT(*)
           FROM chat_messages AS m
          WHERE m.session_id = :id AND m.seq > :seq AND m.note = 0 AND m.sender <> 'visitor')
 WHERE id = :id

-- name: session-seen-agent
UPDATE chat_sessions
   SET agent_seen_seq = :seq,
       unread = (
         SELECT COUNT(*)
           FROM chat_messages AS m
          WHERE m.session_id = :id AND m.seq > :seq AND m.note = 0 AND m.sender = 'visitor')
 WHERE id = :id

-- name: session-touch
UPDATE chat_sessions
   SET updated_at = :at,
       version = version + 1
 WHERE id = :id

-- name: session-move
UPDATE chat_sessions
   SET visitor_id = :visitor,
       client_id = CASE
         WHEN client_id IN (SELECT t.client_id FROM chat_sessions AS t WHERE t.visitor_id = :visitor) THEN NULL
         ELSE client_id END,
       updated_at = :at,
       version = version + 1
 WHERE id = :id

-- name: session-tag-insert
INSERT INTO chat_session_tags (session_id, tag)
VALUES (:session, :tag)
ON CONFLICT DO NOTHING

-- name: session-tag-clear
DELETE FROM chat_session_tags
 WHERE session_id = :session

-- name: session-erase-tags
DELETE FROM chat_session_tags
 WHERE session_id IN (SELECT id FROM chat_sessions WHERE visitor_id = :visitor)

-- name: session-erase
DELETE FROM chat_sessions
 WHERE visitor_id = :visitor
