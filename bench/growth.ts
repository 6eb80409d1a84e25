/** The same work on 10,000, 100,000 and 1,000,000 rows: what grows with the rows has an index too few. One client, median of an answer. */
import type pg from 'pg';
import { person } from '#testing/env.ts';
import type { PaymentsContext } from '#services/payments/context.ts';
import { type Movement, postAll } from '#services/payments/ledger/post.ts';
import type { Bench, Contender } from './bench.ts';
import { type SearchWorld, searchWorld } from './search-world.ts';

const SIZES = process.argv.includes('--smoke') ? [600, 1_200, 2_400] : [10_000, 100_000, 1_000_000];
const nameOf = (rows: number) => `${rows.toLocaleString('en')} rows`;
/** People whom the rows are about; each has the same number of them at every size but the most. */
const PEOPLE = 100;

type Work = (world: SearchWorld, owner: pg.Client) => Promise<() => Promise<unknown>>;

function contender(rows: number, work: Work): Contender {
  return {
    name: nameOf(rows),
    role: 'ours',
    async start() {
      const world = await searchWorld(rows);
      const owner = await world.owner();
      // The history of years is written at once, without what watches each row.
      await owner.query('set session_replication_role = replica; set synchronous_commit = off');
      const once = await work(world, owner).finally(() => owner.end());
      for (let warm = 0; warm < 10; warm++) await once();
      return {
        async turn(ms) {
          const times: number[] = [];
          const begun = performance.now();
          while (performance.now() - begun < ms) {
            const at = performance.now();
            await once();
            times.push(performance.now() - at);
          }
          times.sort((a, b) => a - b);
          const part = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
          return { value: part(0.5), also: { p99: part(0.99) } };
        },
        async stop() {},
      };
    },
  };
}

const idOf = (kind: number, n: number) => `00000000-0000-7000-${8000 + kind}-${String(n).padStart(12, '0')}`;
const sqlId = (kind: number, n: string) =>
  `('00000000-0000-7000-${8000 + kind}-' || lpad((${n})::text, 12, '0'))::uuid`;

const search: Work = async ({ platform }) => {
  const words = ['логотип кофейни', 'website illustration', 'дизайн ресторана'];
  let turn = 0;
  return () =>
    platform.call('orders', 'searchOrders', { query: { q: words[turn++ % words.length], sort: 'relevance' } });
};

const movement = (kind: Movement['kind'], postings: Movement['postings']): Movement => ({
  reference: crypto.randomUUID(),
  kind,
  currency: 'RUB',
  orderId: null,
  actorId: null,
  memo: null,
  at: new Date(),
  postings,
});

/** A committed transfer between two of the people, after so many before. */
const ledger: Work = async ({ platform, rows }, owner) => {
  const ctx = platform.ctx('payments') as PaymentsContext;
  const people = Array.from({ length: PEOPLE }, (_, n) => idOf(1, n));
  await ctx.db.tx((tx) =>
    postAll(
      tx,
      people.map((userId) =>
        movement('topup', [
          { account: 'available', userId, amount: 1_000_000_000n },
          { account: 'provider_clearing', userId: null, amount: -1_000_000_000n },
        ]),
      ),
    ),
  );
  await owner.query(`
    set search_path = payments;
    insert into transactions (transaction_id, reference, body_hash, kind, at) select ${sqlId(2, 'i')}, 'past-' || i, '\\x00', 'client_bonus', now() - i * interval '1 minute' from generate_series(1, ${rows}) i;
    insert into postings (transaction_id, account_id, amount, balance_after)
      select ${sqlId(2, 'i')}, a.account_id, case side when 0 then -1 else 1 end, 1 from generate_series(1, ${rows}) i cross join generate_series(0, 1) side
      join (select account_id, row_number() over (order by account_id) - 1 as n from accounts where kind = 'available') a on a.n = (i + side) % ${PEOPLE};`);
  for (const table of ['transactions', 'postings', 'accounts']) await owner.query(`vacuum analyze payments.${table}`);
  let turn = 0;
  return () => {
    const [from, to] = [people[turn % PEOPLE] as string, people[(turn + 1) % PEOPLE] as string];
    turn++;
    return ctx.books.submit(
      movement('client_bonus', [
        { account: 'available', userId: from, amount: -1n },
        { account: 'available', userId: to, amount: 1n },
      ]),
    );
  };
};

/** The history of one order among all. */
const history: Work = async ({ platform, rows }, owner) => {
  const { rows: some } = await owner.query<{ orderId: string; clientId: string }>(
    'select order_id as "orderId", client_id as "clientId" from orders order by order_id limit 50',
  );
  await owner.query(
    `insert into history (order_id, at, actor_id, actor_kind, action, from_status, to_status)
     select order_id, now(), client_id, 'client', 'edit', 'published', 'published' from (select order_id, client_id from orders order by order_id limit ${Math.ceil(rows / 5)}) o, generate_series(1, 5)`,
  );
  await owner.query('vacuum analyze history');
  const people = some.map(({ orderId, clientId }) => ({
    orderId,
    user: { ...person({ permissions: [] }), userId: clientId },
  }));
  let turn = 0;
  return () => {
    const { orderId, user } = people[turn++ % people.length] as (typeof people)[number];
    return platform.call('orders', 'getHistory', { user, params: { orderId } });
  };
};

/** The first page of a person's notifications, who has a hundredth of all. */
const notifications: Work = async ({ platform, rows }, owner) => {
  await owner.query(
    `insert into notifications.notifications (notification_id, user_id, type, event, params, created_at)
     select ${sqlId(3, 'i')}, ${sqlId(4, `i % ${PEOPLE}`)}, 'orders', 'order_published', '{"orderId": "1", "title": "Логотип для кофейни"}', now() from generate_series(1, ${rows}) i`,
  );
  await owner.query('vacuum analyze notifications.notifications');
  let turn = 0;
  return () => {
    const user = { ...person({ permissions: [] }), userId: idOf(4, turn++ % PEOPLE) };
    return platform.call('notifications', 'listNotifications', { user, query: {} });
  };
};

function bench(name: string, title: string, work: Work): Bench {
  const [least, , most] = SIZES.map(nameOf) as [string, string, string];
  return {
    name: `growth-${name}`,
    title: `Growth: ${title}`,
    unit: 'ms, median',
    contenders: SIZES.map((rows) => contender(rows, work)),
    aims: [{ ours: most, against: least, ratio: 1.5, kind: 'at most' }],
    turnMs: 2_000,
    turns: 3,
  };
}

export const growthBench: readonly Bench[] = [
  bench('ledger', 'a committed transfer', ledger),
  bench('search', 'two words by relevance, with facets', search),
  bench('history', 'the history of an order', history),
  bench('notifications', 'the first page of notifications', notifications),
];
