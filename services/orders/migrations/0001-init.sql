create table orders (
  order_id uuid primary key,
  client_id uuid not null,
  title text not null,
  description text not null,
  category text not null,
  tags text[] not null,
  skills text[] not null,
  styles text[] not null,
  budget_min bigint not null,
  budget_max bigint not null,
  currency text not null,
  deadline timestamptz,
  status text not null,
  access text not null default 'open',
  urgent boolean not null default false,
  nda boolean not null default false,
  -- Found by a public search.
  listed boolean generated always as (status = 'published' and access = 'open') stored,
  -- The version of the deal's process that the order began with.
  process int not null,
  version int not null default 1,
  created_at timestamptz not null,
  unpaid_until timestamptz,
  published_at timestamptz,
  expires_at timestamptz,
  placement_id uuid,
  placement_fee bigint,
  refusal jsonb,
  -- An accepted response whose price is being held.
  pending_response_id uuid,
  freelancer_id uuid,
  price bigint,
  terms jsonb,
  due_at timestamptz,
  delivered_at timestamptz,
  by_milestones boolean not null default false,
  revisions_used int not null default 0,
  -- Settings as they were at the start: a running order keeps them.
  revisions_limit int not null,
  review_days int not null,
  reveal_days int not null,
  review_ends_at timestamptz,
  completed_at timestamptz,
  response_count int not null default 0,
  search tsvector not null
);
create index orders_search on orders using gin (search) where listed;
create index orders_newest on orders (published_at desc, order_id desc) where listed;
create index orders_budget on orders (budget_max desc, order_id desc) where listed;
create index orders_deadline on orders (deadline, order_id) where listed and deadline is not null;
create index orders_category on orders (category, published_at desc, order_id desc) where listed;
create index orders_tags on orders using gin (tags) where listed;
create index orders_skills on orders using gin (skills) where listed;
create index orders_styles on orders using gin (styles) where listed;
create index orders_client on orders (client_id, created_at desc, order_id desc);
create index orders_freelancer on orders (freelancer_id, created_at desc, order_id desc) where freelancer_id is not null;
create index orders_urgent on orders (published_at desc, order_id desc) where listed and urgent;

create table history (
  entry_id bigint generated always as identity primary key,
  order_id uuid not null,
  at timestamptz not null,
  actor_id uuid,
  actor_kind text not null,
  action text not null,
  from_status text,
  to_status text,
  reason text,
  -- Why the platform itself acted.
  reason_code text
);
-- Words of an entry (an edit's before and after): apart, so that a person's can be erased while the entry stays.
create table history_changes (
  entry_id bigint primary key,
  order_id uuid not null,
  changes jsonb not null
);
create index history_changes_order on history_changes (order_id);
revoke update, truncate on history_changes from artel_orders;
create index history_order on history (order_id, entry_id);
revoke update, delete, truncate on history from artel_orders;

create table responses (
  response_id uuid primary key,
  order_id uuid not null references orders (order_id),
  freelancer_id uuid not null,
  price bigint not null,
  currency text not null,
  days int not null,
  letter text not null,
  milestones jsonb not null default '[]',
  counter jsonb,
  status text not null,
  reason text,
  reason_code text,
  version int not null default 1,
  created_at timestamptz not null
);
-- One live response per freelancer and order.
create unique index responses_live on responses (order_id, freelancer_id) where status in ('submitted', 'shortlisted', 'accepting', 'accepted');
create index responses_order on responses (order_id, created_at desc, response_id desc);
create index responses_limit on responses (freelancer_id) where status in ('submitted', 'shortlisted');
create index responses_freelancer on responses (freelancer_id, created_at desc, response_id desc);

create table invitations (
  invitation_id uuid primary key,
  order_id uuid not null references orders (order_id),
  freelancer_id uuid not null,
  at timestamptz not null,
  unique (order_id, freelancer_id)
);
create index invitations_freelancer on invitations (freelancer_id, at desc, invitation_id desc);

-- Who consented when to keep an order's details secret.
create table nda_consents (
  order_id uuid not null references orders (order_id),
  user_id uuid not null,
  at timestamptz not null,
  primary key (order_id, user_id)
);
revoke update, delete, truncate on nda_consents from artel_orders;

create table milestones (
  milestone_id uuid primary key,
  order_id uuid not null references orders (order_id),
  position int not null,
  title text not null,
  amount bigint not null,
  days int not null,
  status text not null,
  due_at timestamptz,
  delivered_at timestamptz,
  review_ends_at timestamptz,
  revisions_used int not null default 0,
  unique (order_id, position)
);

create table proposals (
  proposal_id uuid primary key,
  order_id uuid not null references orders (order_id),
  by_side text not null,
  status text not null,
  terms jsonb not null,
  reason text not null,
  created_at timestamptz not null,
  decided_at timestamptz
);
create index proposals_order on proposals (order_id, created_at);
-- One question at a time.
create unique index proposals_open on proposals (order_id) where status in ('open', 'funding');

-- What escrow holds for a deal, by hold: asked for, held, on its way out, gone (M8). A deal may have several: one per
-- milestone, one per extra.
create table holds (
  hold_id uuid primary key,
  order_id uuid not null references orders (order_id),
  purpose text not null,
  response_id uuid,
  milestone_id uuid,
  proposal_id uuid,
  amount bigint not null,
  currency text not null,
  status text not null,
  at timestamptz not null
);
create index holds_order on holds (order_id, at, hold_id);
create index holds_open on holds (currency) include (amount) where status in ('held', 'settling');

create table deliveries (
  delivery_id uuid primary key,
  order_id uuid not null references orders (order_id),
  milestone_id uuid references milestones (milestone_id),
  text text not null,
  at timestamptz not null
);
create index deliveries_order on deliveries (order_id, at);

create table attachments (
  attachment_id uuid primary key,
  order_id uuid not null references orders (order_id),
  owner_id uuid not null,
  -- `order`: whoever sees the order; `work`: the parties only; `response`: its author and the client.
  kind text not null,
  response_id uuid references responses (response_id),
  delivery_id uuid references deliveries (delivery_id),
  file_name text not null,
  content_type text not null,
  size int not null,
  at timestamptz not null
);
create index attachments_order on attachments (order_id, at);

create table reviews (
  review_id uuid primary key,
  order_id uuid not null references orders (order_id),
  author_id uuid not null,
  target_id uuid not null,
  target_kind text not null,
  rating int not null,
  text text not null,
  answer text,
  created_at timestamptz not null,
  published_at timestamptz,
  deleted_at timestamptz,
  justification text,
  unique (order_id, author_id)
);
create index reviews_target on reviews (target_id, published_at desc, review_id desc) where published_at is not null and deleted_at is null;

-- What search knows of freelancers, from their profiles' events (E3).
create table freelancers (
  user_id uuid primary key,
  sequence bigint not null,
  profile jsonb not null,
  skills text[] not null,
  styles text[] not null,
  rate bigint,
  availability text not null,
  rating double precision,
  visibility text not null,
  is_freelancer boolean not null,
  search tsvector not null
);
create index freelancers_search on freelancers using gin (search) where is_freelancer;
create index freelancers_skills on freelancers using gin (skills) where is_freelancer;
create index freelancers_rate on freelancers (rate, user_id) where is_freelancer;
create index freelancers_styles on freelancers using gin (styles) where is_freelancer;
create index freelancers_newest on freelancers (user_id desc) where is_freelancer;
create index freelancers_rating on freelancers ((coalesce(rating, 0)) desc, user_id desc) where is_freelancer;

create table settings (
  key text not null,
  version int not null,
  value jsonb not null,
  acts_from timestamptz not null,
  primary key (key, version)
);

create table dictionaries (
  dictionary text primary key,
  version int not null,
  keys text[] not null
);

-- How common a word is decides which index leads a search: know more words than by default.
alter table orders alter column search set statistics 1000;
