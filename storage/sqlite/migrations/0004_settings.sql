-- The settings of the whole workspace: one row once they were saved.
CREATE TABLE chat_settings (
	id         INTEGER PRIMARY KEY CHECK (id = 1),
	version    INTEGER NOT NULL,
	data       TEXT NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
