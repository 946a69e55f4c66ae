-- Browsers of agents that take push messages. The id is made of the endpoint.
CREATE TABLE chat_push_subscriptions (
	id         TEXT NOT NULL PRIMARY KEY,
	agent_id   TEXT NOT NULL,
	endpoint   TEXT NOT NULL,
	public_key TEXT NOT NULL,
	auth       TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
