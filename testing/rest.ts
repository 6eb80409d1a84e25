/** When a platform has come to rest: no event in an outbox, a queue or a hand, no job due. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Bus } from '#kit/bus/bus.ts';
import { dueNews } from '#kit/db/job-news.ts';

/** Between two looks. What nobody commits (a push to a socket, a cache that is told) has this long as well. */
const LOOK_EVERY_MS = 30;

interface Count {
  what: string;
  n: string;
  isProgress: boolean;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Returns when nothing waits, and nothing has moved between a look before the queues and one after: an event on its way
 * from a queue to the next outbox leaves a row in an inbox or a number of an outbox behind. Asking a broker and all
 * replicas how deep the queues are is dear, and is done only when the database is quiet. Throws after `ms`, saying what waits.
 */
export async function comeToRest(client: pg.Client, bus: Bus, ms: number): Promise<void> {
  const [outboxes, jobs] = [await schemasWith(client, 'outbox'), await schemasWith(client, '_private_jobs')];
  if (outboxes.length === 0) return;
  const statement = counts(outboxes, jobs);
  for (const until = Date.now() + ms; ; await sleep(LOOK_EVERY_MS)) {
    const before = await look(client, statement);
    let waits = before.waits || (await inQueues(bus, outboxes));
    if (waits === '') {
      await sleep(LOOK_EVERY_MS);
      const after = await look(client, statement);
      if (after.waits === '' && after.progress === before.progress) return;
      waits = after.waits || 'something moves';
    }
    if (Date.now() > until) throw new Error(`still waiting after ${ms / 1000} s: ${waits}`);
  }
}

/** The job library compares with the server's clock: what a moved clock makes due is pulled forward, and its runner told. */
export async function shiftJobs(adminUrl: string, ms: number): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (const schema of await schemasWith(client, '_private_jobs')) {
      const { rows } = await client.query<{ due: boolean }>(
        `update "${schema}"._private_jobs set run_at = run_at - $1 * interval '1 millisecond' where locked_at is null and run_at > now() returning run_at <= now() as due`,
        [ms],
      );
      if (rows.some((row) => row.due)) await client.query(dueNews(schema.replace(/_jobs$/, '')));
    }
  });
}

async function schemasWith(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select relnamespace::regnamespace::text as name from pg_class where relkind = 'r' and relname = $1",
    [table],
  );
  return rows.map((row) => row.name);
}

function counts(outboxes: readonly string[], jobs: readonly string[]): string {
  const waiting = [
    ...outboxes.map(
      (schema) => `select '${schema} outbox' as what, count(*) as n, false as "isProgress" from ${schema}.outbox`,
    ),
    ...jobs.map(
      (schema) =>
        `select '${schema}', count(*), false from ${schema}._private_jobs where run_at <= now() and attempts < max_attempts and key is distinct from 'cron'`,
    ),
  ];
  const progress = outboxes.flatMap((schema) => [
    // A sequence that was never used has the number of one that was used once.
    `select '${schema} told', last_value + is_called::int, true from ${schema}.outbox_seq_seq`,
    `select '${schema} took', count(*), true from ${schema}.inbox`,
  ]);
  return [...waiting, ...progress].join(' union all ');
}

async function look(client: pg.Client, statement: string): Promise<{ waits: string; progress: string }> {
  const { rows } = await client.query<Count>(statement);
  const told = (of: readonly Count[]) => of.map(({ what, n }) => `${what} ${n}`).join(', ');
  return {
    waits: told(rows.filter(({ isProgress, n }) => !isProgress && n !== '0')),
    progress: told(rows.filter(({ isProgress }) => isProgress)),
  };
}

async function inQueues(bus: Bus, queues: readonly string[]): Promise<string> {
  const depths = await Promise.all(
    // What can not be looked at may hold something.
    queues.map(async (queue) => ({ queue, ...(await bus.depth(queue).catch(() => ({ waiting: 1 }))) })),
  );
  return depths.flatMap(({ queue, waiting }) => (waiting > 0 ? [`${queue} queue ${waiting}`] : [])).join(', ');
}
