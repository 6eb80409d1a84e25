-- More to find freelancers by; filled by the next event of each profile.
alter table freelancers
  add column languages text[] not null default '{}',
  add column country text,
  add column currency text,
  -- Fields that a guest is not shown, and so can't search by.
  add column members_only text[] not null default '{}';
update freelancers set country = profile->>'country', currency = profile->'hourlyRate'->>'currency';
create index freelancers_languages on freelancers using gin (languages) where is_freelancer;
create index freelancers_country on freelancers (country, (coalesce(rating, 0)) desc, user_id desc) where is_freelancer;
