-- The provider's own name of a payout: not every provider finds one by ours.
alter table withdrawals add column provider_id text;
