create table accounts (
  user_id uuid primary key,
  -- As the person wrote it, and folded for comparison.
  email text not null,
  email_key text not null unique,
  email_confirmed boolean not null default false,
  password_hash text,
  display_name text not null,
  locale text not null,
  phone text,
  factor_email boolean not null default false,
  factor_sms boolean not null default false,
  -- Encrypted at rest; pending until its first code was given.
  totp_secret text,
  totp_confirmed boolean not null default false,
  -- Last time step whose code was used: each code once (RFC 6238, 5.2).
  totp_last_step bigint not null default 0,
  locked boolean not null default false,
  locked_until timestamptz,
  -- Version of the profile that the last block or unblock was of; older events change nothing.
  locked_version bigint not null default 0,
  -- Tokens issued before say what the person may no longer do.
  rights_valid_from timestamptz not null default '-infinity',
  created_at timestamptz not null,
  erased_at timestamptz
);

create table sessions (
  session_id uuid primary key,
  user_id uuid not null references accounts (user_id),
  started_at timestamptz not null,
  -- Also the time that the last token of the session bears.
  last_used_at timestamptz not null,
  auth_time timestamptz not null,
  device text not null,
  place text not null,
  factors text[] not null,
  -- What the last token of the session said.
  roles text[] not null default '{}',
  ended_at timestamptz,
  end_reason text
);
create index sessions_user on sessions (user_id);

create table refresh_tokens (
  token_hash text primary key,
  session_id uuid not null references sessions (session_id),
  issued_at timestamptz not null,
  used_at timestamptz,
  expires_at timestamptz not null,
  replaced_by text,
  -- The next token, encrypted under this one: whoever lost the answer may have it once more.
  successor_sealed text
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- Codes and link tokens on their way to a person. What is readable is encrypted, what is compared is hashed.
create table message_secrets (
  secret_id uuid primary key,
  user_id uuid not null references accounts (user_id),
  purpose text not null,
  code_sealed text,
  code_hash text,
  link_sealed text,
  link_hash text unique,
  destination text,
  locale text not null,
  -- Of the registration that this message confirms: nobody gets in with a password that somebody else has chosen.
  password_hash text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  attempts int not null default 0
);
create index message_secrets_user on message_secrets (user_id, purpose, created_at);
create index message_secrets_expiry on message_secrets (expires_at);

create table interim_tokens (
  token_hash text primary key,
  user_id uuid not null references accounts (user_id),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table recovery_codes (
  user_id uuid not null references accounts (user_id),
  code_hash text not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

-- Failed guesses, whatever was guessed, shared by all replicas.
create table guesses (
  subject text not null,
  at timestamptz not null,
  guess_id bigint generated always as identity primary key
);
create index guesses_subject on guesses (subject, at);
create index guesses_at on guesses (at);

create table signing_keys (
  kid text primary key,
  public_key jsonb not null,
  private_sealed text not null,
  created_at timestamptz not null,
  -- Signs from here on, until a newer one does.
  active_from timestamptz not null
);

create table passkeys (
  passkey_id uuid primary key,
  user_id uuid not null references accounts (user_id),
  credential_id text not null unique,
  public_key bytea not null,
  -- Of the authenticator; goes up, unless it keeps none. A step back tells of a copy.
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkeys_user on passkeys (user_id);

create table passkey_challenges (
  challenge_id uuid primary key,
  user_id uuid references accounts (user_id),
  purpose text not null,
  challenge text not null,
  expires_at timestamptz not null
);

-- Devices that passed the second factor and need not for a while.
create table trusted_devices (
  token_hash text primary key,
  user_id uuid not null references accounts (user_id),
  device text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index trusted_devices_user on trusted_devices (user_id);

create table role_changes (
  role text primary key,
  valid_from timestamptz not null
);
