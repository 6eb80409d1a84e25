-- Who brought whom; a bonus by rule looks here when an order is completed.
create table referrals (
  user_id uuid primary key,
  referrer_id uuid not null
);
create index referrals_referrer on referrals (referrer_id);
