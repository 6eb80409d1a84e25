-- The same guards as before, per statement instead of per row: a batch of hundreds of movements is checked by one query.
-- So the postings of a transaction are written by one statement, and what does not net to zero (M1) is refused at once.
drop trigger postings_net_zero on postings;
drop function check_net_zero();
-- One index look-up per transaction, whatever the planner thought of the tables when it first saw them, empty.
create function check_postings() returns trigger language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare wrong uuid;
begin
  select f.transaction_id into wrong from (select distinct transaction_id from fresh) f, lateral (
    select 1 from postings p join accounts a using (account_id) where p.transaction_id = f.transaction_id group by a.currency having sum(p.amount) <> 0 limit 1) w limit 1;
  if wrong is not null then raise exception 'transaction % does not net to zero', wrong using errcode = '23514'; end if;
  select s.transaction_id into wrong from fresh f join seals s using (transaction_id) limit 1;
  if wrong is not null then raise exception 'transaction % is sealed', wrong using errcode = '23514'; end if;
  return null;
end $$;
create trigger postings_check after insert on postings referencing new table as fresh for each statement execute function check_postings();

drop trigger transactions_unsealed on transactions;
create or replace function note_unsealed() returns trigger language plpgsql as $$
begin
  insert into unsealed select transaction_id from fresh;
  return null;
end $$;
create trigger transactions_unsealed after insert on transactions referencing new table as fresh for each statement execute function note_unsealed();
