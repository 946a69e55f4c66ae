-- Conventions: integer keys inside, the id that clients see in public_id;
-- times are whole milliseconds since 1970 in UTC; NULL is "not set"; lists and
-- objects that are never searched are JSON.

CREATE TABLE chat_meta (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_agents (
	id           INTEGER PRIMARY KEY,
	public_id    TEXT NOT NULL UNIQUE,
	name         TEXT NOT NULL,
	email        TEXT NOT NULL,
	avatar_url   TEXT NOT NULL,
	availability TEXT NOT NULL,
	admin        INTEGER NOT NULL
) STRICT;

CREATE TABLE chat_api_keys (
	id           INTEGER PRIMARY KEY,
	public_id    TEXT NOT NULL UNIQUE,
	hash         TEXT NOT NULL UNIQUE,
	name         TEXT NOT NULL,
	prefix       TEXT NOT NULL,
	scopes       TEXT NOT NULL,
	created_at   INTEGER NOT NULL,
	last_used_at INTEGER,
	revoked_at   INTEGER
) STRICT;

CREATE TABLE chat_visitors (
	id           INTEGER PRIMARY KEY,
	public_id    TEXT NOT NULL UNIQUE,
	external_id  TEXT UNIQUE,
	name         TEXT NOT NULL,
	email        TEXT NOT NULL,
	verified     INTEGER NOT NULL,
	locale       TEXT NOT NULL,
	user_agent   TEXT NOT NULL,
	page         TEXT,
	custom_data  TEXT NOT NULL,
	created_at   INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_visitors_seen ON chat_visitors (last_seen_at);

CREATE TABLE chat_visitor_tokens (
	hash       TEXT PRIMARY KEY,
	visitor_id INTEGER NOT NULL REFERENCES chat_visitors (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_visitor_tokens_visitor ON chat_visitor_tokens (visitor_id);

-- What the lists show is kept in the session's row, so that they need not
-- count messages. active_at is what lists are sorted by: when the latest
-- message came or, before any, the session began; once closed, when that was.
-- open is 1 while closed_at is NULL: conditions on the one or the other lead
-- SQLite to the index by activity or to the index by row.
CREATE TABLE chat_sessions (
	id               INTEGER PRIMARY KEY,
	public_id        TEXT NOT NULL UNIQUE,
	visitor_id       INTEGER NOT NULL REFERENCES chat_visitors (id),
	visitor_name     TEXT NOT NULL,
	visitor_email    TEXT NOT NULL,
	source           TEXT NOT NULL,
	department       TEXT NOT NULL,
	assignee_id      INTEGER REFERENCES chat_agents (id),
	tags             TEXT NOT NULL,
	custom_data      TEXT NOT NULL,
	page             TEXT,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	active_at        INTEGER NOT NULL,
	closed_at        INTEGER,
	open             INTEGER NOT NULL,
	close_reason     TEXT NOT NULL,
	version          INTEGER NOT NULL,
	message_count    INTEGER NOT NULL,
	unread           INTEGER NOT NULL,
	agent_seen_seq   INTEGER NOT NULL,
	visitor_seen_seq INTEGER NOT NULL,
	visitor_unread   INTEGER NOT NULL,
	waiting_since    INTEGER,
	first_reply_at   INTEGER,
	rating_score     INTEGER,
	rating_comment   TEXT,
	rating_at        INTEGER,
	client_id        TEXT,
	fingerprint      TEXT NOT NULL,
	UNIQUE (visitor_id, client_id)
) STRICT;

CREATE INDEX chat_sessions_active ON chat_sessions (active_at) WHERE open = 1;
CREATE INDEX chat_sessions_closed ON chat_sessions (closed_at);
CREATE INDEX chat_sessions_assignee ON chat_sessions (assignee_id, closed_at);

CREATE TABLE chat_session_tags (
	session_id INTEGER NOT NULL REFERENCES chat_sessions (id),
	tag        TEXT NOT NULL,
	PRIMARY KEY (session_id, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_session_tags_tag ON chat_session_tags (tag, session_id);

-- A message has its own seq and note 0. A note stands behind the message whose
-- seq it has, the first such note as 1, the next as 2: so one index gives the
-- order with notes and without, and keeps seq unique.
CREATE TABLE chat_messages (
	id          INTEGER PRIMARY KEY,
	public_id   TEXT NOT NULL UNIQUE,
	session_id  INTEGER NOT NULL REFERENCES chat_sessions (id),
	seq         INTEGER NOT NULL,
	note        INTEGER NOT NULL,
	sender      TEXT NOT NULL CHECK (sender IN ('visitor', 'agent', 'bot')),
	sender_id   TEXT NOT NULL,
	sender_name TEXT NOT NULL,
	body        TEXT NOT NULL,
	attachments TEXT,
	client_id   TEXT,
	fingerprint TEXT NOT NULL,
	at          INTEGER NOT NULL,
	edited_at   INTEGER,
	deleted_at  INTEGER,
	UNIQUE (session_id, seq, note)
) STRICT;

CREATE UNIQUE INDEX chat_messages_client ON chat_messages (session_id, sender, client_id) WHERE client_id IS NOT NULL;

-- The log points to rows and keeps no copy of them. AUTOINCREMENT: a position
-- must not be given out again after its event was removed.
CREATE TABLE chat_events (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	type       TEXT NOT NULL,
	session_id INTEGER NOT NULL REFERENCES chat_sessions (id),
	message_id INTEGER,
	at         INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_events_session ON chat_events (session_id);
