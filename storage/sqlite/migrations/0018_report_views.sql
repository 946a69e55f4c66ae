-- What reports made outside the chat may read. The columns stay when the tables
-- change; ids are those of the API, times are texts in UTC, as ISO 8601 has them; lists and objects are JSON.
CREATE VIEW chat_report_sessions AS
SELECT s.public_id AS session_id,
       CASE s.open WHEN 1 THEN 'active' ELSE 'closed' END AS status,
       v.public_id AS visitor_id,
       s.visitor_name,
       s.visitor_email,
       s.source,
       s.department,
       a.public_id AS assignee_id,
       a.name AS assignee_name,
       s.tags,
       s.custom_data,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.first_reply_at / 1000.0, 'unixepoch') AS first_reply_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.closed_at / 1000.0, 'unixepoch') AS closed_at,
       s.close_reason,
       s.message_count,
       s.agent_messages,
       s.bot_messages,
       s.rating_score,
       s.rating_comment,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.rating_at / 1000.0, 'unixepoch') AS rated_at
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
  LEFT JOIN chat_agents AS a ON a.id = s.assignee_id;

CREATE VIEW chat_report_messages AS
SELECT m.public_id AS message_id,
       s.public_id AS session_id,
       m.seq,
       m.note AS note,
       m.sender,
       m.sender_id,
       m.sender_name,
       m.body AS message,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch') AS sent_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.edited_at / 1000.0, 'unixepoch') AS edited_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.deleted_at / 1000.0, 'unixepoch') AS deleted_at
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id;

CREATE VIEW chat_report_visitors AS
SELECT v.public_id AS visitor_id,
       v.external_id,
       v.name,
       v.email,
       v.verified AS verified,
       v.locale,
       v.custom_data,
       strftime('%Y-%m-%dT%H:%M:%fZ', v.created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', v.last_seen_at / 1000.0, 'unixepoch') AS last_seen_at
  FROM chat_visitors AS v;

CREATE VIEW chat_report_page_views AS
SELECT v.public_id AS visitor_id,
       p.url,
       p.title,
       p.referrer,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.at / 1000.0, 'unixepoch') AS seen_at
  FROM chat_page_views AS p
  JOIN chat_visitors AS v ON v.id = p.visitor_id;
