-- A dictionary as each of its changes left it (D3).
create table dictionary_versions (
  dictionary text not null references dictionaries (name),
  version int not null,
  entries jsonb not null,
  actor_id uuid,
  reason text not null,
  created_at timestamptz not null,
  primary key (dictionary, version)
);
insert into dictionary_versions (dictionary, version, entries, reason, created_at)
select d.name, d.version, (
  select coalesce(jsonb_agg(jsonb_build_object('key', e.key, 'title', jsonb_build_object('ru', e.title_ru, 'en', e.title_en),
    'parent', e.parent, 'deprecated', e.deprecated, 'position', e.position, 'mergedInto', e.merged_into) order by e.position, e.key), '[]')
  from dictionary_entries e where e.dictionary = d.name), 'shipped', now()
from dictionaries d;
revoke update, delete, truncate on dictionary_versions from artel_admin;
