-- Visits: the stays of visitors on the host's site, where pages are tracked.
-- data is JSON of what was so when the visit began.
CREATE TABLE chat_visits (
	id         INTEGER PRIMARY KEY,
	visitor_id INTEGER NOT NULL REFERENCES chat_visitors (id),
	started_at INTEGER NOT NULL,
	last_at    INTEGER NOT NULL,
	pages      INTEGER NOT NULL,
	data       TEXT NOT NULL
) STRICT;

CREATE INDEX chat_visits_visitor ON chat_visits (visitor_id, started_at);

ALTER TABLE chat_visitors ADD COLUMN visit_id INTEGER;

-- Lines that the host's pages add to a visitor's trail stand among the pages.
-- name is empty for a page.
ALTER TABLE chat_page_views ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE chat_page_views ADD COLUMN data TEXT;

-- Which greetings were shown to whom, and whether a session came of it. The
-- visitor is NULL once erased: the counts stay.
CREATE TABLE chat_greetings (
	id          INTEGER PRIMARY KEY,
	trigger_id  TEXT NOT NULL,
	visitor_id  INTEGER REFERENCES chat_visitors (id),
	shown_at    INTEGER NOT NULL,
	answered_at INTEGER,
	UNIQUE (visitor_id, trigger_id)
) STRICT;

CREATE INDEX chat_greetings_shown ON chat_greetings (shown_at);
