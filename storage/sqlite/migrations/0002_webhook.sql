-- A webhook that was removed stays as an empty row until its deliveries are
-- gone, which can take several transactions.
CREATE TABLE chat_webhooks (
	id              INTEGER PRIMARY KEY,
	public_id       TEXT NOT NULL UNIQUE,
	url             TEXT NOT NULL,
	events          TEXT NOT NULL,
	description     TEXT NOT NULL,
	enabled         INTEGER NOT NULL,
	version         INTEGER NOT NULL,
	disabled_reason TEXT NOT NULL,
	failing_since   INTEGER,
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL,
	starts_after    INTEGER NOT NULL,
	secrets         TEXT NOT NULL,
	revision        INTEGER NOT NULL,
	removed         INTEGER NOT NULL
) STRICT;

-- What is sent is kept, so that every try sends the same bytes. n is the
-- event's position times 1024; numbers in between are for what is not in the
-- log. message_id is the message whose text the body holds.
CREATE TABLE chat_webhook_bodies (
	n          INTEGER PRIMARY KEY,
	session_id INTEGER REFERENCES chat_sessions (id),
	message_id INTEGER,
	body       TEXT NOT NULL
) STRICT;

CREATE INDEX chat_webhook_bodies_session ON chat_webhook_bodies (session_id) WHERE session_id IS NOT NULL;

-- state: 0 pending, 1 delivered, 2 failed, 3 skipped. session_id is -n where
-- there is no session, so that such a delivery waits for no other. attempts
-- is JSON.
CREATE TABLE chat_webhook_deliveries (
	webhook_id INTEGER NOT NULL REFERENCES chat_webhooks (id),
	n          INTEGER NOT NULL,
	session_id INTEGER NOT NULL,
	event      TEXT NOT NULL,
	state      INTEGER NOT NULL,
	attempt    INTEGER NOT NULL,
	tries      INTEGER NOT NULL,
	refusals   INTEGER NOT NULL,
	due_at     INTEGER NOT NULL,
	started_at INTEGER,
	at         INTEGER NOT NULL,
	settled_at INTEGER,
	attempts   TEXT,
	PRIMARY KEY (webhook_id, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_webhook_deliveries_pending ON chat_webhook_deliveries (webhook_id, session_id, n) WHERE state = 0;
CREATE INDEX chat_webhook_deliveries_failed ON chat_webhook_deliveries (webhook_id, n) WHERE state = 2;
CREATE INDEX chat_webhook_deliveries_skipped ON chat_webhook_deliveries (webhook_id, n) WHERE state = 3;

-- A lane is what one webhook has pending of one session. It is claimed as a
-- whole, which keeps the order: leased_n is the delivery that is being sent.
-- blocked says that the first pending delivery, which waits until due_at,
-- holds up those behind it.
CREATE TABLE chat_webhook_lanes (
	webhook_id   INTEGER NOT NULL REFERENCES chat_webhooks (id),
	session_id   INTEGER NOT NULL,
	due_at       INTEGER NOT NULL,
	leased_until INTEGER,
	leased_n     INTEGER,
	blocked      INTEGER NOT NULL,
	PRIMARY KEY (webhook_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_webhook_lanes_due ON chat_webhook_lanes (webhook_id, due_at);

-- How far those have come who read the log under a name.
CREATE TABLE chat_cursors (
	name       TEXT PRIMARY KEY,
	position   INTEGER NOT NULL,
	holder     TEXT NOT NULL,
	held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
