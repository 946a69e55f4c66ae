-- since is when the visitor who saw the page came first, so that a report of
-- many views need not look up every visitor. Both that report and its order are
-- in the index.
ALTER TABLE chat_page_views ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

UPDATE chat_page_views
   SET since = (SELECT v.created_at FROM chat_visitors AS v WHERE v.id = chat_page_views.visitor_id);

DROP INDEX chat_page_views_at;
CREATE INDEX chat_page_views_at ON chat_page_views (at, id, visitor_id, since) WHERE name = '';
