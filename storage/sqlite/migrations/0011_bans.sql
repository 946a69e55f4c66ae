-- Addresses and networks from which no visitor may come. until is NULL where a
-- ban stays until it is lifted; visitor_id says with whose ban it came.
CREATE TABLE chat_bans (
	id         INTEGER PRIMARY KEY,
	public_id  TEXT NOT NULL UNIQUE,
	address    TEXT NOT NULL UNIQUE,
	reason     TEXT NOT NULL,
	until      INTEGER,
	at         INTEGER NOT NULL,
	by_id      TEXT NOT NULL,
	visitor_id INTEGER REFERENCES chat_visitors (id)
) STRICT;

CREATE INDEX chat_bans_visitor ON chat_bans (visitor_id) WHERE visitor_id IS NOT NULL;

-- When the ban in the same row ends, so that those who are banned can be
-- listed: NULL without a ban, the greatest number where it has no end.
ALTER TABLE chat_visitors ADD COLUMN banned_until INTEGER;

UPDATE chat_visitors
   SET banned_until = COALESCE(CAST(strftime('%s', ban ->> 'expires_at') AS INTEGER) * 1000, 9223372036854775807)
 WHERE ban IS NOT NULL;

CREATE INDEX chat_visitors_banned ON chat_visitors (banned_until) WHERE banned_until IS NOT NULL;
