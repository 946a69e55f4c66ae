-- What the visitor agreed to by starting the session, and when: JSON, NULL
-- where nothing was to agree to.
ALTER TABLE chat_sessions ADD COLUMN consent text;
