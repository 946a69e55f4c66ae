-- Browsers of agents that take push messages. The id is made of the endpoint.
CREATE TABLE chat_push_subscriptions (
	id         text COLLATE "C" NOT NULL PRIMARY KEY,
	agent_id   text COLLATE "C" NOT NULL,
	endpoint   text NOT NULL,
	public_key text NOT NULL,
	auth       text NOT NULL,
	created_at bigint NOT NULL
);
