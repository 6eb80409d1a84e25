-- Who has proved with his password that he is blocked: serves to read the block and to appeal, for nothing else.
create table appeal_tokens (
  token_hash text primary key,
  user_id uuid not null references accounts,
  expires_at timestamptz not null
);
create index appeal_tokens_user on appeal_tokens (user_id);
