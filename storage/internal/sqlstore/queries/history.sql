-- name: history-select
SELECT h.id,
       h.action,
       h.actor,
       h.actor_id,
       h.actor_name,
       h.agent_id,
       COALESCE(a.name, '') AS agent_name,
       h.department,
       h.snoozed_until,
       h.at
  FROM chat_history AS h
  LEFT JOIN chat_agents AS a ON a.public_id = h.agent_id

-- name: history-insert
INSERT INTO chat_history (session_id, action, actor, actor_id, actor_name, agent_id, department, snoozed_until, at)
VALUES (:session, :action, :actor, :actor_id, :actor_name, :agent_id, :department, :snoozed_until, :at)
