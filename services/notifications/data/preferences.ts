import { type Queries, sql } from '#kit/db/db.ts';
import { DEFAULT_PREFERENCES, type Digest, type Preferences } from '../domain/preferences.ts';

interface Row {
  userId: string;
  muted: string[];
  quietFrom: string | null;
  quietTo: string | null;
  digest: Digest;
  version: number;
}

function toPreferences(row: Row): Preferences {
  const quiet = row.quietFrom !== null && row.quietTo !== null ? { from: row.quietFrom, to: row.quietTo } : null;
  return { muted: new Set(row.muted), quiet, digest: row.digest, version: row.version };
}

const columns = sql`user_id as "userId", muted, quiet_from as "quietFrom", quiet_to as "quietTo", digest, version`;

/** Of many people at once; those who never set any have the defaults. */
export async function preferencesOf(db: Queries, userIds: readonly string[]): Promise<(userId: string) => Preferences> {
  const rows = await db.many<Row>(sql`select ${columns} from preferences where user_id = any(${[...userIds]}::uuid[])`);
  const byUser = new Map(rows.map((row) => [row.userId, toPreferences(row)]));
  return (userId) => byUser.get(userId) ?? DEFAULT_PREFERENCES;
}

/** Under a lock, so that two edits at once do not both fit the version. */
export async function lockPreferences(db: Queries, userId: string, now: Date): Promise<Preferences> {
  await db.run(sql`
    insert into preferences (user_id, muted, digest, version, updated_at)
    values (${userId}, '{}', 'off', 0, ${now}) on conflict do nothing`);
  return toPreferences(await db.one<Row>(sql`select ${columns} from preferences where user_id = ${userId} for update`));
}

export async function writePreferences(
  db: Queries,
  userId: string,
  preferences: Omit<Preferences, 'version'>,
  now: Date,
): Promise<void> {
  await db.run(sql`
    update preferences set muted = ${[...preferences.muted].sort()}, quiet_from = ${preferences.quiet?.from ?? null},
      quiet_to = ${preferences.quiet?.to ?? null}, digest = ${preferences.digest}, version = version + 1, updated_at = ${now}
    where user_id = ${userId}`);
}
