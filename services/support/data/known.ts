/** What support knows from the events of others: settings and who is staff. */
import { SETTINGS, type SettingValue } from '#contracts/admin/settings.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

/** The settings that support goes by. */
const KEYS = ['support.deadlines', 'support.assignment', 'support.disputes'] as const;
type Key = (typeof KEYS)[number];

export function isOurs(key: string): key is Key {
  return (KEYS as readonly string[]).includes(key);
}

export async function putSettingVersion(
  tx: Tx,
  setting: { key: string; version: number; value: unknown; actsFrom: Date },
): Promise<void> {
  await tx.run(sql`
    insert into setting_versions (key, version, value, acts_from)
    values (${setting.key}, ${setting.version}, ${JSON.stringify(setting.value)}::jsonb, ${setting.actsFrom})
    on conflict do nothing`);
}

/** The value in force at a moment; what ships until the administration has set another. */
export async function readSetting<K extends Key>(db: Queries, key: K, now: Date): Promise<SettingValue<K>> {
  const row = await db.maybe<{ value: unknown }>(sql`
    select value from setting_versions where key = ${key} and acts_from <= ${now}
    order by acts_from desc, version desc limit 1`);
  return (row ? SETTINGS[key].schema.parse(row.value) : SETTINGS[key].initial) as SettingValue<K>;
}

export async function readDeadlines(db: Queries, now: Date): Promise<SettingValue<'support.deadlines'>> {
  return await readSetting(db, 'support.deadlines', now);
}

/** Keeps the newest word on whether somebody is staff, whatever the order in which the words come. False: it knew a newer one. */
export async function putStaff(tx: Tx, userId: string, member: boolean, at: Date): Promise<boolean> {
  const touched = await tx.run(sql`
    insert into staff (user_id, member, changed_at) values (${userId}, ${member}, ${at})
    on conflict (user_id) do update set member = excluded.member, changed_at = excluded.changed_at
      where staff.changed_at <= excluded.changed_at`);
  return touched > 0;
}

export async function isStaff(db: Queries, userId: string): Promise<boolean> {
  return (
    (await db.maybe<{ member: boolean }>(sql`select member from staff where user_id = ${userId} and member`)) !==
    undefined
  );
}
