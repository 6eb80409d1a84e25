import { SETTINGS, type SettingKey, type SettingValue } from '#contracts/admin/settings.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';

/** The values of settings that act at a moment: of each the latest date that has come, then the highest version; else what ships. */
export async function settingsAt<K extends SettingKey>(
  db: Queries,
  keys: readonly K[],
  at: Date,
): Promise<{ [Key in K]: SettingValue<Key> }> {
  const rows = await db.many<{ key: K; value: unknown }>(sql`
    select distinct on (key) key, value from settings where key = any(${keys}::text[]) and acts_from <= ${at} order by key, acts_from desc, version desc`);
  const inForce = (key: K) => {
    const row = rows.find((one) => one.key === key);
    return row ? SETTINGS[key].schema.parse(row.value) : SETTINGS[key].initial;
  };
  return Object.fromEntries(keys.map((key) => [key, inForce(key)])) as { [Key in K]: SettingValue<Key> };
}

export async function settingAt<K extends SettingKey>(db: Queries, key: K, at: Date): Promise<SettingValue<K>> {
  return (await settingsAt(db, [key], at))[key];
}

/** Categories, skills and styles come from the dictionaries that the administration keeps. */
export async function checkKeys(
  db: Queries,
  of: { category?: string; skills?: readonly string[]; styles?: readonly string[] },
): Promise<void> {
  const wanted = [
    ...(of.category === undefined ? [] : [{ dictionary: 'categories', field: 'category', key: of.category }]),
    ...(of.skills ?? []).map((key) => ({ dictionary: 'skills', field: 'skills', key })),
    ...(of.styles ?? []).map((key) => ({ dictionary: 'styles', field: 'styles', key })),
  ];
  if (wanted.length === 0) return;
  // The dictionaries are long, what is asked for is short: only what is missing crosses the wire.
  const missing = await db.many<{ position: number }>(sql`
    select w.position::int as position from unnest(${wanted.map((one) => one.dictionary)}::text[], ${wanted.map((one) => one.key)}::text[]) with ordinality as w (dictionary, key, position)
    where not exists (select 1 from dictionaries d where d.dictionary = w.dictionary and w.key = any(d.keys)) order by w.position`);
  const errors = missing.flatMap(({ position }) => {
    const one = wanted[position - 1];
    return one ? [{ pointer: `/body/${one.field}`, detail: `not in the dictionary: ${one.key}` }] : [];
  });
  if (errors.length > 0) throw new Problem('orders.unknown_key', { errors });
}
