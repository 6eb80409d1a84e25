import { SETTINGS, type SettingKey, type SettingValue } from '#contracts/admin/settings.ts';
import { adminEvents } from '#contracts/admin/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { settingSchema } from '../domain/setting-schema.ts';
import { stableId } from '../domain/stable-id.ts';

export interface SettingRow {
  readonly key: SettingKey;
  readonly version: number;
  readonly value: unknown;
  readonly actsFrom: Date;
  readonly actorId: string | null;
  readonly reason: string;
  readonly createdAt: Date;
}

const COLUMNS = sql`key, version, value, acts_from as "actsFrom", actor_id as "actorId", reason, created_at as "createdAt"`;

/** All versions of one setting or of all, oldest first. */
export async function settingVersions(db: Queries, key?: SettingKey): Promise<SettingRow[]> {
  return await db.many<SettingRow>(
    key === undefined
      ? sql`select ${COLUMNS} from setting_versions order by key, version`
      : sql`select ${COLUMNS} from setting_versions where key = ${key} order by version`,
  );
}

/** Newest first, below a version. */
export async function settingHistory(
  db: Queries,
  key: SettingKey,
  limit: number,
  below: number | undefined,
): Promise<SettingRow[]> {
  return await db.many<SettingRow>(sql`
    select ${COLUMNS} from setting_versions where key = ${key} and version < ${below ?? 2_147_483_647}
    order by version desc limit ${limit}`);
}

/** Puts the writers of a setting (or of the first data) in line until the commit. */
export async function lockFor(tx: Tx, what: string): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ${what}, 1))::text as locked`);
}

/** Writes a version and tells the platform. */
export async function addSettingVersion(tx: Tx, row: SettingRow): Promise<void> {
  await tx.run(sql`
    insert into setting_versions (key, version, value, acts_from, actor_id, reason, created_at)
    values (${row.key}, ${row.version}, ${JSON.stringify(row.value)}::jsonb, ${row.actsFrom}, ${row.actorId},
      ${row.reason}, ${row.createdAt})`);
  const settingId = stableId('setting', row.key);
  tx.emit(
    adminEvents.settingChanged,
    settingId,
    {
      settingId,
      key: row.key,
      version: row.version,
      value: row.value,
      actsFrom: row.actsFrom.toISOString(),
      actorId: row.actorId,
    },
    row.version,
  );
}

/** The version in force: of those that act already the one with the latest date, the newer one of two with the same. */
export function inForce(versions: readonly SettingRow[], now: Date): SettingRow | undefined {
  return versions
    .filter((row) => row.actsFrom <= now)
    .reduce<SettingRow | undefined>(
      (best, row) =>
        best === undefined ||
        row.actsFrom > best.actsFrom ||
        (row.actsFrom.getTime() === best.actsFrom.getTime() && row.version > best.version)
          ? row
          : best,
      undefined,
    );
}

/** What will come into force, in order; a plan that a newer one for the same moment replaced is left out. */
export function planned(versions: readonly SettingRow[], now: Date): SettingRow[] {
  const byMoment = new Map<number, SettingRow>();
  for (const row of versions) {
    const at = row.actsFrom.getTime();
    if (row.actsFrom > now && row.version > (byMoment.get(at)?.version ?? 0)) byMoment.set(at, row);
  }
  return [...byMoment.values()].sort((a, b) => a.actsFrom.getTime() - b.actsFrom.getTime());
}

export function versionView(row: SettingRow) {
  return {
    version: row.version,
    value: row.value,
    actsFrom: row.actsFrom.toISOString(),
    actorId: row.actorId,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
  };
}

/** A setting with the value in force and its plans. Every setting has a first version once the service is ready. */
export function settingView(key: SettingKey, versions: readonly SettingRow[], now: Date, locale: Locale) {
  const current = inForce(versions, now);
  if (!current) throw new Error(`the setting ${key} has no version in force`);
  return {
    key,
    title: SETTINGS[key].title[locale],
    version: versions.reduce((max, row) => Math.max(max, row.version), 0),
    inForce: versionView(current),
    planned: planned(versions, now).map(versionView),
    schema: settingSchema(key, locale),
  };
}

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** The value in force as its declared shape; what ships while there is none. */
export function valueInForce<K extends SettingKey>(key: K, all: readonly SettingRow[], now: Date): SettingValue<K> {
  const row = inForce(
    all.filter((one) => one.key === key),
    now,
  );
  return (row?.value ?? SETTINGS[key].initial) as SettingValue<K>;
}
