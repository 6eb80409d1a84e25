import { createHmac } from 'node:crypto';
import { type Queries, sql } from '#kit/db/db.ts';

/** Keyed, so that addresses can't be tried against what is kept. */
export function hashAddress(key: string, address: string): string {
  return createHmac('sha256', key).update(address.trim().toLowerCase()).digest('base64url');
}

export async function suppress(
  db: Queries,
  row: { userId: string; addressHash: string; reason: string; now: Date },
): Promise<void> {
  await db.run(sql`
    insert into suppressions (user_id, address_hash, reason, at) values (${row.userId}, ${row.addressHash}, ${row.reason}, ${row.now})
    on conflict (user_id) do update set address_hash = excluded.address_hash, reason = excluded.reason, at = excluded.at`);
}

export async function isSuppressed(db: Queries, userId: string, addressHash: string): Promise<boolean> {
  const row = await db.maybe(sql`
    select 1 from suppressions where user_id = ${userId} and address_hash = ${addressHash}`);
  return row !== undefined;
}
