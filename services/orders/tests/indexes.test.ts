import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db, Queries } from '#kit/db/db.ts';
import { person } from '#testing/env.ts';
import { type Market, openMarket } from './market.ts';

let market: Market;
/** The bar is a million: SEARCH_ROWS=1000000. By default fewer, so that everybody can run it. */
const ROWS = Number(process.env['SEARCH_ROWS'] ?? 100_000);
const user = person({ permissions: ['orders.respond'] });

/**
 * Words as they are: `дизайн` in every third order, `логотип` in every fiftieth, rare ones, and those that go with a status
 * (`архив`: ended orders only) or a time (`древность`: the oldest third).
 */
const SEED = `
  insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, process, created_at, published_at, revisions_limit, review_days, reveal_days, search)
  select gen_random_uuid(), case when i % 10000 = 0 then $1::uuid else gen_random_uuid() end, 'Заказ ' || i, repeat('описание заказа ', 20), 'category-' || i % 40, array['tag' || i % 500], array['skill-' || i % 300], array['style-' || i % 100], i, i + 1000, 'RUB',
    now() + i * interval '1 minute', case when i % 5 = 0 then 'completed' else 'published' end, 1, now() - i * interval '1 second', now() - i * interval '1 second', 3, 14, 14,
    setweight(to_tsvector('russian', 'слово' || i % (${ROWS} / 50) || case when i % 3 = 0 then ' дизайн' else '' end || case when i % 50 = 1 then ' логотип' else '' end || case when i % 5 = 0 then ' архив' else '' end || case when i > ${ROWS} * 0.7 then ' древность' else '' end), 'A')
      || to_tsvector('russian', 'нужна работа по заказу срок бюджет ' || i % 977 || case when i % 1000 < 2 then ' редкость' else '' end)
  from generate_series(1, ${ROWS}) i`;
const LISTINGS = `
  insert into listings select l.* from (select order_id, row_number() over (order by published_at) as number from orders where listed) n join orders o using (order_id), listing_of(n.number, o) l`;
const FREELANCERS = `
  insert into freelancers (user_id, sequence, profile, skills, styles, rate, availability, rating, visibility, is_freelancer, search, languages, country)
  select gen_random_uuid(), 1, $1::jsonb, array['skill-' || i % 300], array['style-' || i % 100], i, 'available', (i % 50) / 10.0, case when i % 20 = 0 then 'hidden' else 'public' end, true, to_tsvector('russian', 'мастер' || i % 1000), array[case when i % 1000 = 0 then 'kk' else 'ru' end], case when i % 500 = 0 then 'KZ' else 'RU' end
  from generate_series(1, ${ROWS} / 5) i`;

const PROFILE = {
  displayName: 'Мария',
  slug: 'maria',
  headline: null,
  avatarUrl: null,
  country: null,
  skills: [],
  styles: [],
  hourlyRate: null,
  availability: 'available',
  rating: null,
  reviewCount: 0,
};

beforeAll(async () => {
  market = await openMarket();
  await market.asOwner(async (db) => {
    // What the trigger does order by order, at once.
    await db.query('alter table orders disable trigger keep_listing');
    await db.query(SEED, [user.userId]);
    await db.query('drop index listings_keys');
    await db.query(LISTINGS);
    await db.query('create index listings_keys on listings using gin (keys) with (fastupdate = off)');
    await db.query(FREELANCERS, [JSON.stringify(PROFILE)]);
    for (const table of ['orders', 'listings', 'freelancers']) await db.query(`vacuum analyze ${table}`);
  });
}, 900_000);
afterAll(() => market?.close());

/** `searching`: asked with the settings of a search, which are part of what it asks. */
type Statement = { text: string; values: unknown[]; searching: boolean };

/** What a call asks the database, in and out of transactions. */
async function statementsOf(route: string, input: object): Promise<Statement[]> {
  const statements: Statement[] = [];
  const { db } = market.platform.ctx('orders') as { db: { tx: Db['tx']; many: Queries['many'] } };
  const real = { tx: db.tx, many: db.many };
  const listen = <T extends Queries['many']>(many: T, searching: boolean): T =>
    ((statement) => {
      statements.push({ text: statement.text, values: statement.values, searching });
      return many(statement);
    }) as T;
  db.many = listen(real.many.bind(db), false);
  db.tx = (work) =>
    real.tx.call(db, (tx) => {
      tx.many = listen(tx.many.bind(tx), true);
      return work(tx);
    }) as ReturnType<typeof work>;
  try {
    await market.call(route, user, input);
  } finally {
    Object.assign(db, real);
  }
  expect(statements.length).toBeGreaterThan(0);
  return statements;
}

async function plansOf(statements: readonly Statement[]): Promise<{ plan: string; ms: number }[]> {
  return await market.asOwner(async (client) => {
    const plans = [];
    for (const { text, values, searching } of statements) {
      await client.query(`set enable_seqscan = ${searching ? 'off' : 'on'}`);
      const { rows } = await client.query(`explain (analyze, costs off) ${text}`, values);
      const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
      plans.push({ plan, ms: Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1]) });
    }
    return plans;
  });
}

async function expectIndexes(route: string, input: object): Promise<void> {
  for (const { plan, ms } of await plansOf(await statementsOf(route, input))) {
    if (process.env['SEARCH_ROWS']) process.stdout.write(`${ms} ms ${route} ${JSON.stringify(input)}\n`);
    expect(plan, plan).not.toMatch(/Seq Scan on (orders|listings|freelancers|reviews|responses)/);
  }
}

describe(`at ${ROWS} orders no search reads the table`, () => {
  test.each([
    ['newest', {}],
    ['by budget', { sort: 'budget' }],
    ['by deadline', { sort: 'deadline' }],
    ['a category', { category: 'category-7' }],
    ['a tag', { tag: 'tag77' }],
    ['a skill', { skill: 'skill-77' }],
    ['a style', { style: 'style-7' }],
    ['a budget', { budgetMin: '1000', budgetMax: '20000' }],
    ['urgent ones', { urgent: 'true' }],
    [
      'a deadline',
      {
        deadlineAfter: new Date(Date.now() + 3_600_000).toISOString(),
        deadlineBefore: new Date(Date.now() + 7_200_000).toISOString(),
      },
    ],
    ['a time', { publishedAfter: new Date(Date.now() - 3_600_000).toISOString() }],
    ['a misspelt word', { q: 'логатип' }],
    ['a word', { q: 'слово77' }],
    ['a rare word', { q: 'редкость' }],
    ['a word of every fiftieth', { q: 'логотипы' }],
    ['a word of every third', { q: 'дизайн' }],
    ['a word of ended orders', { q: 'архив' }],
    ['a word of old orders', { q: 'древность' }],
    ['a word of old orders by relevance', { q: 'древность', sort: 'relevance' }],
    ['two words', { q: 'дизайн логотипов' }],
    ['two words by relevance', { q: 'дизайн логотипов', sort: 'relevance' }],
    ['a common word by relevance', { q: 'дизайн', sort: 'relevance' }],
    ['a rare word by budget', { q: 'редкость', sort: 'budget' }],
    ['a word in a category', { q: 'логотип', category: 'category-11' }],
    ['a word that nobody wrote', { q: 'дирижабль' }],
  ] as const)('%s, and its next page', async (_name, filter) => {
    const query = { ...filter, limit: 5 };
    await expectIndexes('searchOrders', { query });
    const { body } = await market.call('searchOrders', undefined, { query });
    if (body.nextCursor) await expectIndexes('searchOrders', { query: { ...query, cursor: body.nextCursor } });
  });

  test.each([
    ['by rating', {}],
    ['newest', { sort: 'newest' }],
    ['by rate', { sort: 'rate' }],
    ['a word', { q: 'мастер77' }],
    ['a skill', { skill: 'skill-7', ratingMin: '3' }],
    ['a word by relevance', { q: 'мастер77', sort: 'relevance' }],
    ['a rare language', { language: 'kk' }],
    ['a country', { country: 'KZ' }],
  ] as const)('freelancers: %s', (_name, query) => expectIndexes('searchFreelancers', { query }));

  test('own orders', async () => {
    for (const as of ['client', 'freelancer']) await expectIndexes('listOwnOrders', { query: { as } });
  });
});

test('an index leads also after many calls: plans are made for the very words', async () => {
  for (const q of Array.from({ length: 12 }, (_, i) => `слово${i}`))
    await market.call('searchOrders', user, { query: { q } });
  await expectIndexes('searchOrders', { query: { q: 'дизайн', cursor: undefined } });
  await expectIndexes('searchOrders', { query: { q: `нет-такого-${randomUUID()}` } });
});
