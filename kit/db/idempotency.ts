import { createHash } from 'node:crypto';
import { Problem } from '#kit/problem.ts';
import { sql, type Tx } from './db.ts';

export interface StoredReply {
  status?: number;
  body: unknown;
  version?: number;
  headers?: Readonly<Record<string, string | string[]>>;
}

/** What a caller claims with an `Idempotency-Key`: the key counts per person (or service) and route. */
export interface Claim {
  scope: string;
  key: string;
  bodyHash: Buffer;
}

export function hashBody(body: unknown): Buffer {
  return createHash('sha256').update(canonical(body)).digest();
}

/** JSON with sorted keys: the same values in another order are the same request. */
function canonical(value: unknown): string | Buffer {
  if (Buffer.isBuffer(value)) return value;
  return (
    JSON.stringify(value, (_key, v: unknown) =>
      v !== null && typeof v === 'object' && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : typeof v === 'bigint'
          ? v.toString()
          : v,
    ) ?? ''
  );
}

/** Looks a claim up, on its own statement, before any work. 422 when the key was used with another body. */
export function storedReply(
  row: { bodyHash: Buffer; reply: StoredReply } | undefined,
  claim: Claim,
): StoredReply | undefined {
  if (!row) return undefined;
  if (!row.bodyHash.equals(claim.bodyHash)) throw new Problem('idempotency_mismatch');
  return row.reply;
}

/**
 * Claims the key for this transaction: a concurrent holder is 409 at once, on any replica. Returns the stored reply
 * of an earlier call, if there is one.
 */
export async function claimKey(tx: Tx, claim: Claim): Promise<StoredReply | undefined> {
  // Two statements in one write: the second sees what was committed until the lock was granted.
  const [{ locked }, row] = await Promise.all([
    tx.one<{ locked: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended(current_schema() || ${`${claim.scope}\n${claim.key}`}, 0)) as locked`,
    ),
    tx.maybe<{ bodyHash: Buffer; reply: StoredReply }>(
      sql`select body_hash as "bodyHash", reply from idempotency where scope = ${claim.scope} and key = ${claim.key}`,
    ),
  ]);
  if (!locked) throw new Problem('idempotency_in_progress', { retryAfter: 1 });
  return storedReply(row, claim);
}

/** Keeps the reply under the key, in the transaction of the state that it reports. */
export function keepReply(tx: Tx, claim: Claim, reply: StoredReply): void {
  tx.send(
    sql`insert into idempotency (scope, key, body_hash, status, reply) values (${claim.scope}, ${claim.key}, ${claim.bodyHash}, ${reply.status ?? 0}, ${JSON.stringify(reply)})`,
  );
}

/** Stored replies hold what the person wrote: they go with him (P2). */
export async function forgetStoredReplies(tx: Tx, userId: string): Promise<void> {
  await tx.run(sql`delete from idempotency where starts_with(scope, ${`${userId}:`})`);
}
