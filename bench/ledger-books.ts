/** The ledger's own way in, without a service around it: books and sealer on a database of their own. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { registry } from '#apps/server/registry.ts';
import { systemClock } from '#kit/clock.ts';
import { migrate, serviceUrl } from '#kit/db/migrate.ts';
import { createDb } from '#kit/db/pool.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { createLogger } from '#kit/log.ts';
import { type Books, createBooks } from '#services/payments/ledger/books.ts';
import type { Movement } from '#services/payments/ledger/post.ts';
import { createSealer } from '#services/payments/ledger/seal.ts';
import { needs } from './needs.ts';

const ACCOUNTS = 10_000;
const SECRET = 'bench-bench-bench-bench-bench-bench-bench';

export const providerSettings = {
  PROVIDER_URL: 'http://127.0.0.1:9',
  PROVIDER_API_KEY: 'bench-bench-bench-bench',
  PROVIDER_WEBHOOK_SECRET: `whsec_${Buffer.from('bench-bench-bench-bench-bench').toString('base64')}`,
};

export const movement = (kind: Movement['kind'], postings: Movement['postings']): Movement => ({
  reference: randomUUID(),
  kind,
  currency: 'RUB',
  orderId: null,
  actorId: null,
  memo: null,
  at: new Date(),
  postings,
});
export const topUp = (userId: string) =>
  movement('topup', [
    { account: 'available', userId, amount: 1_000_000_000n },
    { account: 'provider_clearing', userId: null, amount: -1_000_000_000n },
  ]);

export interface Ledger {
  readonly books: Books;
  readonly people: readonly string[];
  close(): Promise<void>;
}

export async function openLedger(): Promise<Ledger> {
  const { databaseUrl } = await needs();
  const { migrations } = await registry.payments();
  await migrate({
    adminUrl: databaseUrl,
    roleSecret: SECRET,
    targets: [{ service: 'payments', migrations, jobs: true }],
  });
  const telemetry = await createTelemetry({
    service: 'bench',
    version: '0',
    log: createLogger({ level: 'silent', pretty: false }),
  });
  const db = createDb({
    service: 'payments',
    connectionString: serviceUrl(databaseUrl, SECRET, 'payments'),
    schema: 'payments',
    max: 5,
    clock: systemClock,
    telemetry,
    // Events stay in the outbox: what it costs to relay them is another benchmark's.
    onEvents() {},
  });
  const fail = (error: unknown) => {
    throw error;
  };
  const sealer = createSealer(db, fail);
  const books = createBooks(db, () => sealer.wake());
  const people = Array.from({ length: ACCOUNTS }, () => randomUUID());
  await Promise.all(people.map((userId) => books.submit(topUp(userId))));
  await sealer.idle();
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  await owner.query('vacuum analyze');
  await owner.end();
  return {
    books,
    people,
    async close() {
      await books.close();
      await sealer.close();
      await db.close();
    },
  };
}
