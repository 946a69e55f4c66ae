-- A file without a message is still coming in, or has lost its message and
-- waits for its content to be removed; at is 0 then.
CREATE TABLE chat_files (
	id         INTEGER PRIMARY KEY,
	public_id  TEXT NOT NULL UNIQUE,
	message_id INTEGER REFERENCES chat_messages (id),
	at         INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_files_message ON chat_files (message_id, at);

-- What files hold, where the host has no other place for that.
CREATE TABLE chat_file_chunks (
	file_id INTEGER NOT NULL REFERENCES chat_files (id),
	n       INTEGER NOT NULL,
	data    BLOB NOT NULL,
	PRIMARY KEY (file_id, n)
) STRICT;
