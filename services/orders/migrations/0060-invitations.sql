-- What became of an invitation: seen, declined with a reason by who was invited, or taken back by who sent it.
alter table invitations
  add column seen_at timestamptz,
  add column declined_at timestamptz,
  add column withdrawn_at timestamptz,
  add column reason text;
