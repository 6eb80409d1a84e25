-- What of a hold is the price; the rest is the client's fee. Null: of a hold from before, all of it is.
alter table holds add column price bigint;
