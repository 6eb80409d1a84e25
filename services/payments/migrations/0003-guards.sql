-- M2: history stays as it is whoever asks, also a role that the grants do not bind (the owner, a service with a database
-- of its own). What is wrong is put right by another transaction.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is history: it is not changed, another transaction corrects it', tg_table_name using errcode = '42501';
end $$;
create trigger transactions_history before update or delete or truncate on transactions for each statement execute function refuse_change();
create trigger postings_history before update or delete or truncate on postings for each statement execute function refuse_change();
create trigger seals_history before update or delete or truncate on seals for each statement execute function refuse_change();

-- Of an account only its balance ever changes: whose it is, of what kind and in which currency is part of history.
revoke update on accounts from artel_payments;
grant update (balance) on accounts to artel_payments;

-- M1 as before, and nothing is added to a transaction that has its place in the chain.
create or replace function check_net_zero() returns trigger language plpgsql as $$
begin
  if exists (select 1 from postings p join accounts a using (account_id) where p.transaction_id = new.transaction_id group by a.currency having sum(p.amount) <> 0) then
    raise exception 'transaction % does not net to zero', new.transaction_id using errcode = '23514';
  end if;
  if exists (select 1 from seals s where s.transaction_id = new.transaction_id) then
    raise exception 'transaction % is sealed', new.transaction_id using errcode = '23514';
  end if;
  return null;
end $$;

-- When the provider was last asked about it: who waits longest is asked next, so that hundreds of abandoned pages do not
-- keep a lost callback from being found.
alter table topups add column asked_at timestamptz;
alter table withdrawals add column asked_at timestamptz;
drop index topups_pending;
create index topups_pending on topups (asked_at nulls first, created_at) where status = 'pending';
drop index withdrawals_open;
create index withdrawals_open on withdrawals (asked_at nulls first, created_at) where status in ('requested', 'sent');
