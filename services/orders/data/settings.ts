import { SETTINGS, type SettingKey, type SettingValue } from '#contracts/admin/settings.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';

/** The value of a setting that acts at a moment: the latest date that has come, then the highest version; else what ships. */
export async function settingAt<K extends SettingKey>(db: Queries, key: K, at: Date): Promise<SettingValue<K>> {
  const row = await db.maybe<{ value: unknown }>(
    sql`select value from settings where key = ${key} and acts_from <= ${at} order by acts_from desc, version desc limit 1`,
  );
  return (row ? SETTINGS[key].schema.parse(row.value) : SETTINGS[key].initial) as SettingValue<K>;
}

/** Categories, skills and styles come from the dictionaries that the administration keeps. */
export async function checkKeys(
  db: Queries,
  of: { category?: string; skills?: readonly string[]; styles?: readonly string[] },
): Promise<void> {
  const rows = await db.many<{ dictionary: string; keys: string[] }>(sql`select dictionary, keys from dictionaries`);
  const wanted = [
    ['categories', 'category', of.category === undefined ? [] : [of.category]],
    ['skills', 'skills', of.skills ?? []],
    ['styles', 'styles', of.styles ?? []],
  ] as const;
  const errors = wanted.flatMap(([dictionary, field, keys]) => {
    const known = new Set(rows.find((row) => row.dictionary === dictionary)?.keys);
    return keys
      .filter((key) => !known.has(key))
      .map((key) => ({ pointer: `/body/${field}`, detail: `not in the dictionary: ${key}` }));
  });
  if (errors.length > 0) throw new Problem('orders.unknown_key', { errors });
}
