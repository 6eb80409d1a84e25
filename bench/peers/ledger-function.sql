-- What somebody would write instead: one function per transfer, called by pgbench. A unique reference, two postings, the
-- balances under their row locks in the order of ids, an outbox row. No chain: it would put all transfers in one line.
drop schema if exists bench_function cascade;
create schema bench_function;
create table bench_function.accounts (account_id int primary key, balance bigint not null check (balance >= 0));
create table bench_function.transfers (transfer_id uuid primary key, reference text not null unique, at timestamptz not null);
create table bench_function.postings (posting_id bigint generated always as identity primary key, transfer_id uuid not null references bench_function.transfers, account_id int not null references bench_function.accounts, amount bigint not null, balance_after bigint not null);
create index on bench_function.postings (transfer_id);
create index on bench_function.postings (account_id, posting_id desc);
create table bench_function.outbox (seq bigint generated always as identity primary key, body text not null);
insert into bench_function.accounts select i, 1000000000 from generate_series(1, 10000) i;
create function bench_function.transfer(from_id int, to_id int, sum bigint, ref text) returns void language plpgsql as $$
declare id uuid := gen_random_uuid(); after_from bigint; after_to bigint;
begin
  insert into bench_function.transfers values (id, ref, now());
  perform 1 from bench_function.accounts where account_id in (from_id, to_id) order by account_id for update;
  update bench_function.accounts set balance = balance - sum where account_id = from_id returning balance into after_from;
  update bench_function.accounts set balance = balance + sum where account_id = to_id returning balance into after_to;
  insert into bench_function.postings (transfer_id, account_id, amount, balance_after) values (id, from_id, -sum, after_from), (id, to_id, sum, after_to);
  insert into bench_function.outbox (body) values (json_build_object('transfer', id, 'from', from_id, 'to', to_id, 'sum', sum)::text);
end $$;
vacuum analyze;
