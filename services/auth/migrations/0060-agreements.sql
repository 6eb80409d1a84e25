-- Which texts a person has agreed to, last. Null: nobody asked him (the first admin, who set the platform up).
-- Until this migration there was one version of each, and nobody joined without it.
alter table accounts add column terms_version text, add column privacy_version text;
update accounts set terms_version = '2026-01', privacy_version = '2026-01' where password_hash is not null;
