-- What the platform says is kept as a key with what differs (domain/platform-words.ts) and put into words for each reader.
-- Older rows have their words in the text, in both languages.
alter table ticket_messages add column words jsonb;
alter table ticket_history add column words jsonb;
