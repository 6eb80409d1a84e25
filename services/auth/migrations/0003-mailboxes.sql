-- The mailbox that a message went to, hashed: other spellings of one address share its limit (L3).
alter table message_secrets add column mailbox text;
create index message_secrets_mailbox on message_secrets (mailbox, purpose, created_at) where mailbox is not null;
