/** Markets to search, by their size: filled at the first need, closed with what they share. */
import pg from 'pg';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { learn } from '#services/orders/data/dictionary.ts';
import type { OrdersContext } from '#services/orders/context.ts';
import type { Contender } from './bench.ts';
import { atEnd, needs } from './needs.ts';
import { seedOrders, titleSentences } from './search-data.ts';
import { type Ask, type Kind, measure, PAGE } from './search-queries.ts';

export interface SearchWorld {
  readonly platform: TestPlatform;
  readonly rows: number;
  /** As the owner, in the schema of orders. */
  owner(): Promise<pg.Client>;
}

const worlds = new Map<number, Promise<SearchWorld>>();

export function searchWorld(rows: number): Promise<SearchWorld> {
  let world = worlds.get(rows);
  if (!world) {
    world = open(rows);
    worlds.set(rows, world);
  }
  return world;
}

async function open(rows: number): Promise<SearchWorld> {
  const { databaseUrl } = await needs();
  process.env.TEST_DATABASE_URL = databaseUrl;
  const platform = await bootPlatform({
    services: ['users', 'roles', 'orders', 'payments', 'notifications'],
    env: ELSEWHERE,
  });
  atEnd(async () => {
    worlds.delete(rows);
    await platform.close();
  });
  const url = platform.adminUrl;
  await seedOrders(url, rows, (what) => process.stderr.write(`… ${rows.toLocaleString('en')} orders: ${what}\n`));
  const owner = async () => {
    const client = new pg.Client({ connectionString: url, options: '-c search_path=orders' });
    await client.connect();
    return client;
  };
  const client = await owner();
  const texts = await titleSentences(client);
  await client.end();
  const ctx = platform.ctx('orders') as OrdersContext;
  for (let at = 0; at < texts.length; at += 200) await ctx.db.tx((tx) => learn(tx, texts.slice(at, at + 200)));
  return { platform, rows, owner };
}

/** Nothing here reaches the provider or the mail server. */
const ELSEWHERE = {
  SMTP_URL: 'smtp://127.0.0.1:9',
  PROVIDER_URL: 'http://127.0.0.1:9',
  PROVIDER_API_KEY: 'bench-bench-bench-bench',
  PROVIDER_WEBHOOK_SECRET: `whsec_${Buffer.from('bench-bench-bench-bench-bench').toString('base64')}`,
};

async function search(world: SearchWorld, { meant: _meant, ...ask }: Ask, cursor?: string) {
  const query = {
    ...ask,
    limit: String(PAGE),
    ...(ask.budgetMin ? { currency: 'RUB' } : {}),
    ...(cursor ? { cursor } : {}),
  };
  return (await world.platform.call('orders', 'searchOrders', { query })).body;
}

/** Where the 50th page begins, or the last one that there is. */
async function deepCursor(world: SearchWorld, ask: Ask, page: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let at = 1; at < page; at++) {
    const { nextCursor } = await search(world, ask, cursor);
    if (!nextCursor) break;
    cursor = nextCursor;
  }
  return cursor;
}

/** The whole call: validation, search, facets on the first page, the page's orders, reply schema. */
export function artel(rows: number, kind: Kind, page = 1): Contender {
  return {
    name: page === 1 ? 'Artel' : `Artel, page ${page}`,
    role: 'ours',
    async start() {
      const world = await searchWorld(rows);
      const questions = await Promise.all(
        kind.asks.map(async (ask) => ({ ask, cursor: page === 1 ? undefined : await deepCursor(world, ask, page) })),
      );
      for (const { ask, cursor } of questions) {
        const { items } = await search(world, ask, cursor);
        if (items.length === 0 && world.rows >= 100_000) throw new Error(`nothing found: ${JSON.stringify(ask)}`);
      }
      return {
        turn: (ms) =>
          measure(ms, (turn) => {
            const { ask, cursor } = questions[turn % questions.length] as (typeof questions)[number];
            return search(world, ask, cursor);
          }),
        async stop() {},
      };
    },
  };
}
