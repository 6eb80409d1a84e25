-- The guards once more, per statement: foreign keys are checked row by row and were half of what a posting cost. The same
-- is held by one query over the new rows: each belongs to an account and a transaction that are there and not sealed yet,
-- and what a statement adds nets to zero per transaction and currency, so the whole does (M1).
alter table postings drop constraint postings_transaction_id_fkey, drop constraint postings_account_id_fkey;
alter table seals drop constraint seals_transaction_id_fkey;

create or replace function check_postings() returns trigger language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare wrong uuid;
begin
  -- A posting without an account has no currency: it nets to nothing known.
  select f.transaction_id into wrong from fresh f left join accounts a using (account_id)
  group by f.transaction_id, a.currency having sum(f.amount) <> 0 or a.currency is null limit 1;
  if wrong is not null then raise exception 'transaction % does not net to zero', wrong using errcode = '23514'; end if;
  select f.transaction_id into wrong from fresh f left join transactions t using (transaction_id) where t.transaction_id is null limit 1;
  if wrong is not null then raise exception 'transaction % is not there', wrong using errcode = '23503'; end if;
  select f.transaction_id into wrong from fresh f join seals s using (transaction_id) limit 1;
  if wrong is not null then raise exception 'transaction % is sealed', wrong using errcode = '23514'; end if;
  return null;
end $$;

create trigger accounts_history before delete or truncate on accounts for each statement execute function refuse_change();
