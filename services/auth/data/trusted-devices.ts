import { type Queries, sql } from '#kit/db/db.ts';
import { hashToken, randomToken } from '#kit/ids.ts';

export const TRUST_MS = 30 * 24 * 3_600_000;

/** A device that passed the second factor need not for 30 days; it never spares the password. */
export async function trustDevice(db: Queries, userId: string, device: string, now: Date): Promise<string> {
  const token = randomToken(32);
  await db.run(sql`
    insert into trusted_devices (token_hash, user_id, device, created_at, expires_at)
    values (${hashToken(token)}, ${userId}, ${device}, ${now}, ${new Date(now.getTime() + TRUST_MS)})`);
  return token;
}

export async function isTrusted(db: Queries, userId: string, token: string | undefined, now: Date): Promise<boolean> {
  if (!token) return false;
  const row = await db.maybe(
    sql`select 1 from trusted_devices where token_hash = ${hashToken(token)} and user_id = ${userId} and expires_at > ${now}`,
  );
  return row !== undefined;
}

export async function forgetTrusted(db: Queries, userId: string): Promise<void> {
  await db.run(sql`delete from trusted_devices where user_id = ${userId}`);
}
