-- Money set aside in two phases, whatever for: the price of a deal, a withdrawal, what another service asks for. The row
-- says once and for all how it ended; `account` is where the money lies meanwhile.
create table reservations (
  reservation_id uuid primary key,
  reference text not null unique,
  user_id uuid not null,
  account text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  order_id uuid,
  status text not null check (status in ('held', 'posted', 'voided', 'expired')),
  posted bigint not null default 0 check (posted between 0 and amount),
  expires_at timestamptz,
  at timestamptz not null,
  ended_at timestamptz,
  check ((status = 'held') = (ended_at is null))
);
create index reservations_user on reservations (user_id, at);
revoke delete, truncate on reservations from artel_payments;

insert into reservations (reservation_id, reference, user_id, account, amount, currency, order_id, status, at)
select hold_id, 'hold:' || hold_id, client_id, 'escrow', amount, currency, order_id, 'held', at from holds where status = 'held'
union all
select withdrawal_id, 'withdrawal:' || withdrawal_id, user_id, 'pending_withdrawal', amount, currency, null, 'held', created_at from withdrawals where status in ('requested', 'sent');
