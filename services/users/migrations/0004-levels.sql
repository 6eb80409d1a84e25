-- How well somebody works in a style and speaks a language, by key. Without an entry: in the middle.
alter table profiles add column style_levels jsonb not null default '{}';
alter table profiles add column language_levels jsonb not null default '{}';
