-- When the client looked at it first or decided on it; how long it stands.
-- What responding to the order holds, as it was when it was published: `{"amount": …, "silenceDays": …}`.
alter table orders add column response_deposit jsonb;
alter table responses add column opened_at timestamptz;
alter table responses add column valid_until timestamptz;
-- What responding held of the freelancer's money: its reservation in payments, what became of it, and when the silence of
-- the client gives it back. Each is taken for its end once.
alter table responses add column deposit bigint;
alter table responses add column deposit_id uuid;
alter table responses add column deposit_status text check (deposit_status in ('held', 'spent', 'returned'));
alter table responses add column deposit_until timestamptz;
