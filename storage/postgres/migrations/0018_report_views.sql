-- What reports made outside the chat may read. The columns stay when the tables
-- change; ids are those of the API, times are points in time; lists and objects are JSON.
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
       to_timestamp(s.created_at / 1000.0) AS created_at,
       to_timestamp(s.first_reply_at / 1000.0) AS first_reply_at,
       to_timestamp(s.closed_at / 1000.0) AS closed_at,
       s.close_reason,
       s.message_count,
       s.agent_messages,
       s.bot_messages,
       s.rating_score,
       s.rating_comment,
       to_timestamp(s.rating_at / 1000.0) AS rated_at
  FROM chat_sessions AS s
  JOIN chat_visitors AS v ON v.id = s.visitor_id
  LEFT JOIN chat_agents AS a ON a.id = s.assignee_id;

CREATE VIEW chat_report_messages AS
SELECT m.public_id AS message_id,
       s.public_id AS session_id,
       m.seq,
       m.note <> 0 AS note,
       m.sender,
       m.sender_id,
       m.sender_name,
       m.body AS message,
       to_timestamp(m.at / 1000.0) AS sent_at,
       to_timestamp(m.edited_at / 1000.0) AS edited_at,
       to_timestamp(m.deleted_at / 1000.0) AS deleted_at
  FROM chat_messages AS m
  JOIN chat_sessions AS s ON s.id = m.session_id;

CREATE VIEW chat_report_visitors AS
SELECT v.public_id AS visitor_id,
       v.external_id,
       v.name,
       v.email,
       v.verified <> 0 AS verified,
       v.locale,
       v.custom_data,
       to_timestamp(v.created_at / 1000.0) AS created_at,
       to_timestamp(v.last_seen_at / 1000.0) AS last_seen_at
  FROM chat_visitors AS v
OFFSET 0;

CREATE VIEW chat_report_page_views AS
SELECT v.public_id AS visitor_id,
       p.url,
       p.title,
       p.referrer,
       to_timestamp(p.at / 1000.0) AS seen_at
  FROM chat_page_views AS p
  JOIN chat_visitors AS v ON v.id = p.visitor_id;
