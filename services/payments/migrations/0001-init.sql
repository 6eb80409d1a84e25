-- Double entry. Amounts are in minor units; above zero raises the account. Every transaction nets to zero per currency.
create table accounts (
  account_id uuid primary key,
  kind text not null,
  user_id uuid,
  currency text not null,
  -- Kept for people's accounts, under a row lock. The platform's own accounts take a posting of almost every
  -- transaction: a balance kept on them would make all of those wait in one line, so theirs is the sum of postings.
  balance bigint not null default 0,
  check (user_id is null or kind = 'recovery' or balance >= 0)
);
create unique index accounts_owner on accounts (kind, currency, coalesce(user_id, '00000000-0000-0000-0000-000000000000'));
create index accounts_user on accounts (user_id) where user_id is not null;

create table transactions (
  transaction_id uuid primary key,
  -- The caller's own name for the movement: a replay finds the first, another body under it is refused.
  reference text not null unique,
  body_hash bytea not null,
  kind text not null,
  order_id uuid,
  actor_id uuid,
  memo text,
  at timestamptz not null
);
create index transactions_order on transactions (order_id) where order_id is not null;
create index transactions_at on transactions (at desc, transaction_id desc);

create table postings (
  posting_id bigint generated always as identity primary key,
  transaction_id uuid not null references transactions (transaction_id),
  account_id uuid not null references accounts (account_id),
  amount bigint not null check (amount <> 0),
  balance_after bigint
);
create index postings_transaction on postings (transaction_id);
create index postings_account on postings (account_id, posting_id desc);

-- M1: checked by the database itself when the transaction commits.
create function check_net_zero() returns trigger language plpgsql as $$
begin
  if exists (select 1 from postings p join accounts a using (account_id) where p.transaction_id = new.transaction_id group by a.currency having sum(p.amount) <> 0) then
    raise exception 'transaction % does not net to zero', new.transaction_id using errcode = '23514';
  end if;
  return null;
end $$;
create constraint trigger postings_net_zero after insert on postings deferrable initially deferred for each row execute function check_net_zero();

-- The chain over all transactions, made after their commit by one sealer at a time, so that it holds nobody up.
create table seals (
  position bigint primary key,
  transaction_id uuid not null unique references transactions (transaction_id),
  hash text not null
);

-- M2: history is immutable, for the service's own role too.
revoke update, delete, truncate on transactions, postings, seals from artel_payments;
revoke delete, truncate on accounts from artel_payments;

create table placements (
  placement_id uuid primary key,
  order_id uuid not null,
  client_id uuid not null,
  fee bigint not null,
  currency text not null,
  status text not null
);

-- A held price. Release, refund and division exclude each other by the status of this row (M4, M5).
create table holds (
  hold_id uuid primary key,
  order_id uuid not null,
  client_id uuid not null,
  freelancer_id uuid not null,
  amount bigint not null,
  currency text not null,
  terms jsonb not null,
  status text not null,
  frozen boolean not null default false,
  at timestamptz not null
);
create index holds_order on holds (order_id);

create table order_states (
  order_id uuid primary key,
  sequence bigint not null,
  disputed boolean not null
);

create table topups (
  topup_id uuid primary key,
  user_id uuid not null,
  amount bigint not null,
  currency text not null,
  status text not null,
  provider_id text not null,
  page_url text,
  created_at timestamptz not null
);
create index topups_pending on topups (created_at) where status = 'pending';

create table withdrawals (
  withdrawal_id uuid primary key,
  user_id uuid not null,
  amount bigint not null,
  currency text not null,
  destination jsonb not null,
  status text not null,
  created_at timestamptz not null
);
create index withdrawals_user on withdrawals (user_id, created_at desc, withdrawal_id desc);
create index withdrawals_open on withdrawals (created_at) where status in ('requested', 'sent');

create table adjustments (
  adjustment_id uuid primary key,
  user_id uuid not null,
  amount bigint not null,
  currency text not null,
  reason text not null,
  requested_by uuid not null,
  approved_by uuid,
  status text not null
);

create table settings (
  key text not null,
  version int not null,
  value jsonb not null,
  acts_from timestamptz not null,
  primary key (key, version)
);
