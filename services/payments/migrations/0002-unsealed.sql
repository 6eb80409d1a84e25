-- What still waits for its seal: the sealer looks here instead of through the whole ledger.
create table unsealed (transaction_id uuid primary key);
insert into unsealed select transaction_id from transactions t where not exists (select 1 from seals s where s.transaction_id = t.transaction_id);

create function note_unsealed() returns trigger language plpgsql as $$
begin
  insert into unsealed values (new.transaction_id);
  return null;
end $$;
create trigger transactions_unsealed after insert on transactions for each row execute function note_unsealed();
