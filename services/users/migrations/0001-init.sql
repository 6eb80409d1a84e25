create table profiles (
  user_id uuid primary key,
  slug text not null unique,
  display_name text not null,
  email text not null,
  email_confirmed boolean not null default false,
  phone text,
  phone_verified boolean not null default false,
  locale text not null,
  time_zone text not null,
  country text,
  city text,
  kinds text[] not null,
  headline text,
  about text,
  avatar_media_id uuid,
  languages text[] not null default '{}',
  hourly_rate bigint,
  hourly_currency text,
  availability text not null default 'available',
  skills jsonb not null default '[]',
  styles text[] not null default '{}',
  visibility text not null default 'public',
  status text not null default 'active',
  block_reason text,
  blocked_until timestamptz,
  registered_at timestamptz not null,
  -- When the address that stands here was confirmed: an older confirmation that comes late does not win.
  email_at timestamptz,
  -- Fields that guests do not see.
  members_only text[] not null default '{}',
  version int not null default 1
);
create index profiles_registered on profiles (registered_at desc, user_id desc);
create index profiles_email on profiles (lower(email));

create table portfolio_items (
  item_id uuid primary key,
  user_id uuid not null references profiles (user_id),
  title text not null,
  description text not null,
  link text,
  tags text[] not null,
  position int not null,
  version int not null default 1,
  created_at timestamptz not null
);
create index portfolio_items_user on portfolio_items (user_id, position, item_id);

create table media (
  media_id uuid primary key,
  user_id uuid not null references profiles (user_id),
  item_id uuid references portfolio_items (item_id),
  width int not null,
  height int not null,
  position int not null default 0,
  created_at timestamptz not null
);
create index media_item on media (item_id, position, media_id);
create index media_user on media (user_id);

-- Reviews that count, one row each; a deletion stays as a mark, so that it wins whatever the order of arrival.
create table reviews (
  review_id uuid primary key,
  target_id uuid not null,
  rating int not null,
  deleted boolean not null
);
create index reviews_target on reviews (target_id);

-- What is known of each deal for the records of both parties.
create table deals (
  order_id uuid primary key,
  client_id uuid not null,
  freelancer_id uuid,
  published boolean not null default false,
  hired boolean not null default false,
  completed boolean not null default false,
  on_time boolean,
  -- Agreed price of a completed deal, minor units.
  price bigint,
  currency text
);
create index deals_client on deals (client_id);
create index deals_freelancer on deals (freelancer_id);

create table dictionaries (
  dictionary text primary key,
  version int not null,
  keys text[] not null
);

-- Acts of destruction: proof that a person's data was erased. No personal data; nobody can change or delete one.
create table erasures (
  user_id uuid primary key,
  actor_id uuid not null,
  erased_at timestamptz not null,
  works int not null,
  images int not null
);
revoke update, delete on erasures from artel_users;
