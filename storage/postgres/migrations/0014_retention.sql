-- Files of messages by age, to find those that are kept no longer.
CREATE INDEX chat_files_age ON chat_files (at) WHERE message_id IS NOT NULL;
