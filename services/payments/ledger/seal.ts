import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, type Queries, sql } from '#kit/db/db.ts';

/** What the chain begins with. */
export const GENESIS = '0'.repeat(64);
const BATCH = 500;
/** What is committed in this time is sealed together: a batch of the books costs one commit, not two. */
const GATHER_MS = 15;

export interface Sealable {
  transactionId: string;
  reference: string;
  kind: string;
  orderId: string | null;
  actorId: string | null;
  memo: string | null;
  at: Date;
  postings: { account: string; userId: string | null; currency: string; amount: string }[];
}

/** SHA-256 over the hash before and everything that makes the transaction what it is. */
export function hashTransaction(previous: string, transaction: Sealable): string {
  const { transactionId, reference, kind, orderId, actorId, memo, at } = transaction;
  const postings = transaction.postings.map((posting) => [
    posting.account,
    posting.userId,
    posting.currency,
    posting.amount,
  ]);
  return createHash('sha256')
    .update(
      JSON.stringify([previous, transactionId, reference, kind, orderId, actorId, memo, at.toISOString(), postings]),
    )
    .digest('hex');
}

export const SEALABLE = sql`t.transaction_id as "transactionId", t.reference, t.kind, t.order_id as "orderId", t.actor_id as "actorId", t.memo, t.at,
  coalesce((select jsonb_agg(jsonb_build_object('account', a.kind, 'userId', a.user_id, 'currency', a.currency, 'amount', p.amount::text) order by p.posting_id) from postings p join accounts a using (account_id) where p.transaction_id = t.transaction_id), '[]') as postings`;

export interface Sealer {
  /** New transactions were committed. */
  wake(): void;
  /** Resolves when the sealing that runs, if any, has ended. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Chains committed transactions in batches, soon after their commit. One sealer works at a time, across replicas; the
 * order of the chain is the order of sealing, so a late commit never has to be put in between.
 */
export function createSealer(db: Db, onError: (error: unknown) => void): Sealer {
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  async function loop(): Promise<void> {
    try {
      do {
        if (!closed) await sleep(GATHER_MS);
        again = false;
        while ((await sealBatch(db)) === BATCH);
      } while (again && !closed);
    } catch (error) {
      onError(error);
    } finally {
      // In the same turn as the last look at `again`: a call that comes after it starts a new loop.
      running = undefined;
    }
  }
  return {
    wake() {
      again = true;
      if (closed) return;
      running ??= loop();
    },
    async idle() {
      await running;
    },
    async close() {
      closed = true;
      await running;
    },
  };
}

export async function sealBatch(db: Db): Promise<number> {
  return await db.tx(async (tx) => {
    await tx.one(sql`select pg_advisory_xact_lock(hashtext('payments.seals'))::text as locked`);
    const rows = await tx.many<Sealable>(
      // By look-ups of the few that wait: a join could read the whole ledger. Ids are in the order of time.
      sql`select ${SEALABLE} from (select transaction_id from unsealed order by transaction_id limit ${BATCH}) u, lateral (select * from transactions where transaction_id = u.transaction_id offset 0) t order by t.transaction_id`,
    );
    if (rows.length === 0) return 0;
    const head = await chainHead(tx);
    let { hash } = head;
    const seals = rows.map((row, index) => {
      hash = hashTransaction(hash, row);
      return { position: head.position + BigInt(index + 1), transactionId: row.transactionId, hash };
    });
    await tx.run(
      sql`insert into seals (position, transaction_id, hash) select * from unnest(${seals.map((seal) => seal.position)}::bigint[], ${seals.map((seal) => seal.transactionId)}::uuid[], ${seals.map((seal) => seal.hash)}::text[])`,
    );
    await tx.run(
      sql`delete from unsealed where transaction_id = any(${seals.map((seal) => seal.transactionId)}::uuid[])`,
    );
    return rows.length;
  });
}

export async function chainHead(db: Queries): Promise<{ position: bigint; hash: string }> {
  return (
    (await db.maybe<{ position: bigint; hash: string }>(
      sql`select position, hash from seals order by position desc limit 1`,
    )) ?? { position: 0n, hash: GENESIS }
  );
}
