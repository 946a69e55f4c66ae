-- Messages and notes that the host has written in transactions of its own. They
-- are sent from here, in the order of their rows, and then removed.
CREATE TABLE chat_pending_messages (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	public_id   TEXT NOT NULL UNIQUE,
	session_id  INTEGER NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
	sender      TEXT NOT NULL,
	sender_id   TEXT NOT NULL,
	sender_name TEXT NOT NULL,
	note        INTEGER NOT NULL,
	body        TEXT NOT NULL,
	client_id   TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	at          INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_pending_messages_session ON chat_pending_messages (session_id);
