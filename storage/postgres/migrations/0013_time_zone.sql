-- The visitor's time zone, as their browser says: an IANA name or nothing.
ALTER TABLE chat_visitors ADD COLUMN time_zone text NOT NULL DEFAULT '';
