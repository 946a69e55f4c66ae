-- Which pages visitors saw, where the host has them tracked.
CREATE TABLE chat_page_views (
	id         INTEGER PRIMARY KEY,
	visitor_id INTEGER NOT NULL REFERENCES chat_visitors (id),
	url        TEXT NOT NULL,
	title      TEXT NOT NULL,
	referrer   TEXT NOT NULL,
	at         INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_page_views_visitor ON chat_page_views (visitor_id, at);
