-- A message's text in the other side's language, NULL where the host has not translated it.
ALTER TABLE chat_messages ADD COLUMN translation TEXT;
