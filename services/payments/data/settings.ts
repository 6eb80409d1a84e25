import { SETTINGS, type SettingKey, type SettingValue } from '#contracts/admin/settings.ts';
import { type Queries, sql } from '#kit/db/db.ts';

/** The value of a setting that acts at a moment: the newest version whose date has come, else what ships. */
export async function settingAt<K extends SettingKey>(
  db: Queries,
  key: K,
  at: Date,
): Promise<{ value: SettingValue<K>; version: number }> {
  const row = await db.maybe<{ value: unknown; version: number }>(
    sql`select value, version from settings where key = ${key} and acts_from <= ${at} order by acts_from desc, version desc limit 1`,
  );
  if (!row) return { value: SETTINGS[key].initial as unknown as SettingValue<K>, version: 0 };
  return { value: SETTINGS[key].schema.parse(row.value) as SettingValue<K>, version: row.version };
}
