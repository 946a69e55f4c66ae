-- The settings of the whole workspace: one row once they were saved.
CREATE TABLE chat_settings (
	id         bigint PRIMARY KEY CHECK (id = 1),
	version    bigint NOT NULL,
	data       text NOT NULL,
	updated_at bigint NOT NULL
);
