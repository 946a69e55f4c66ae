-- Answers that a message offers: JSON list of texts, NULL without any.
ALTER TABLE chat_messages ADD COLUMN quick_replies text;
