-- Whether a visitor may write: JSON of the ban, NULL without one.
ALTER TABLE chat_visitors ADD COLUMN ban text;
