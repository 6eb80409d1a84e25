import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { level } from '../data/figures.ts';
import { admin, panelsOf, status, transaction } from './events.ts';

let platform: TestPlatform;
const db = () => platform.ctx('analytics').db;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
});
afterAll(() => platform?.close());

async function signIns(times: readonly string[]): Promise<void> {
  for (const time of times) {
    const userId = randomUUID();
    await platform.publish(
      'auth.session.started.v1',
      userId,
      { userId, sessionId: randomUUID(), factors: [] },
      { time: new Date(time) },
    );
  }
  await platform.drain();
}
async function points(from: string, to: string, step: string, timeZone: string): Promise<[string, string][]> {
  const panels = await panelsOf(platform, 'overview', { from, to, step, timeZone });
  const all: { at: string; value: string }[] = panels.get('active_users').points;
  // Every step is there, also one in which nothing happened.
  if (step === 'day') expect(all).toHaveLength((Date.parse(to) - Date.parse(from)) / 86_400_000 + 1);
  return all.filter((point) => point.value !== '0').map((point) => [point.at, point.value]);
}

describe('a day is a day of the reader', () => {
  test('Europe/Berlin: the short day of March and the long one of October hold their hours, and no others', async () => {
    await signIns([
      // 29 March 2026 has 23 hours there: from 23:00 to 22:00 UTC.
      '2026-03-28T22:59:00Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:00Z',
      '2026-03-29T22:00:00Z',
      // 25 October has 25: from 22:00 to 23:00 UTC.
      '2026-10-24T21:59:00Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T22:59:00Z',
      '2026-10-25T23:00:00Z',
    ]);
    expect(await points('2026-03-28', '2026-03-30', 'day', 'Europe/Berlin')).toEqual([
      ['2026-03-28', '1'],
      ['2026-03-29', '2'],
      ['2026-03-30', '1'],
    ]);
    expect(await points('2026-10-24', '2026-10-26', 'day', 'Europe/Berlin')).toEqual([
      ['2026-10-24', '1'],
      ['2026-10-25', '2'],
      ['2026-10-26', '1'],
    ]);
    // Only that day is asked for: its neighbours do not leak in.
    expect(await points('2026-10-25', '2026-10-25', 'day', 'Europe/Berlin')).toEqual([['2026-10-25', '2']]);
  });

  test('Asia/Kolkata: days, weeks and months begin at half past six in the evening UTC', async () => {
    await signIns(['2026-05-31T18:29:00Z', '2026-05-31T18:31:00Z', '2026-06-07T18:20:00Z', '2026-06-07T18:40:00Z']);
    expect(await points('2026-05-31', '2026-06-08', 'day', 'Asia/Kolkata')).toEqual([
      ['2026-05-31', '1'],
      ['2026-06-01', '1'],
      ['2026-06-07', '1'],
      ['2026-06-08', '1'],
    ]);
    // Mondays: 1 and 8 June.
    expect(await points('2026-05-31', '2026-06-08', 'week', 'Asia/Kolkata')).toEqual([
      ['2026-05-25', '1'],
      ['2026-06-01', '2'],
      ['2026-06-08', '1'],
    ]);
    expect(await points('2026-05-31', '2026-06-08', 'month', 'Asia/Kolkata')).toEqual([
      ['2026-05-01', '1'],
      ['2026-06-01', '3'],
    ]);
  });

  test('Asia/Kathmandu and Pacific/Chatham: offsets of a quarter of an hour', async () => {
    await signIns(['2026-07-01T18:14:00Z', '2026-07-01T18:16:00Z']);
    expect(await points('2026-07-01', '2026-07-02', 'day', 'Asia/Kathmandu')).toEqual([
      ['2026-07-01', '1'],
      ['2026-07-02', '1'],
    ]);
    await signIns(['2026-08-01T11:14:00Z', '2026-08-01T11:16:00Z']);
    expect(await points('2026-08-01', '2026-08-02', 'day', 'Pacific/Chatham')).toEqual([
      ['2026-08-01', '1'],
      ['2026-08-02', '1'],
    ]);
  });
});

describe('what stands at the end of a period', () => {
  test('is that moment of the zone, whatever came later, and in whatever order', async () => {
    const client = randomUUID();
    const move = (amount: string, time: string) =>
      platform.publish(
        'payments.transaction.posted.v1',
        randomUUID(),
        transaction('escrow_hold', [
          ['available', client, amount.startsWith('-') ? amount.slice(1) : `-${amount}`],
          ['escrow', client, amount],
        ]),
        { time: new Date(time) },
      );
    // The newest first; one on each side of a month's, a day's and a quarter's end of Moscow.
    await move('-1000', '2025-02-28T21:05:00Z');
    await move('70', '2025-02-28T20:55:00Z');
    await move('600', '2025-02-15T10:00:00Z');
    await move('5000', '2024-12-31T23:59:00Z');
    await platform.drain();
    const held = async (to: string, timeZone: string) =>
      (await panelsOf(platform, 'finance', { from: to, to, timeZone })).get('escrow_held').total;
    expect(await held('2024-12-31', 'UTC')).toBe('5000');
    expect(await held('2025-01-31', 'UTC')).toBe('5000');
    expect(await held('2025-02-28', 'Europe/Moscow')).toBe('5670');
    expect(await held('2025-02-28', 'UTC')).toBe('4670');
    expect(await held('2025-03-01', 'Europe/Moscow')).toBe('4670');
  });

  test('reads a few rows of a million', async () => {
    // Ten years of every quarter of an hour and three statuses: 1,051,200 rows, and their sums as the collector keeps them.
    const owner = new pg.Client({
      connectionString: platform.adminUrl,
      options: '-c search_path=analytics -c synchronous_commit=off',
    });
    await owner.connect();
    // The index made afterwards: in seconds instead of minutes.
    await owner.query(`
      alter table rollups drop constraint rollups_pkey;
      insert into rollups (metric, bucket, dimension, value)
        select 'orders_by_status', bucket, dimension, 1 from generate_series('2014-01-01'::timestamptz, '2023-12-31 23:45+00', '15 minutes') bucket,
          unnest(array['draft', 'published', 'completed']) as dimension;
      alter table rollups add primary key (metric, bucket, dimension, category);
      insert into level_sums (metric, grain, start, dimension, value)
        select 'orders_by_status', grain, date_trunc(grain, day, 'UTC'), dimension, 96 * count(*)
        from generate_series('2014-01-01'::timestamptz, '2023-12-31', '1 day') day, unnest(array['day', 'month']) grain,
          unnest(array['draft', 'published', 'completed']) dimension group by 1, 2, 3, 4;
      analyze rollups, level_sums;`);
    await owner.end();
    const range = { from: '2023-12-01', to: '2023-12-30', step: 'day', timeZone: 'Asia/Kolkata' } as const;
    const slow = await db().many(sql`
      select dimension, sum(value)::text as value from rollups
      where metric = 'orders_by_status' and bucket < '2023-12-31'::timestamp at time zone 'Asia/Kolkata' group by 1 order by 1`);
    const read = await db().tx(async (tx) => {
      const touched = async () =>
        (
          await tx.one<{ n: number }>(sql`
            select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_xact_user_tables
            where schemaname = 'analytics' and relname in ('rollups', 'level_sums')`)
        ).n;
      const before = await touched();
      expect(await level(tx, 'orders_by_status', range)).toEqual(slow);
      return (await touched()) - before;
    });
    expect(read).toBeLessThan(1_500);
    const { rows } = await db().one<{ rows: number }>(sql`select count(*)::int as rows from rollups`);
    expect(rows).toBeGreaterThan(1_000_000);
  }, 120_000);
});

test('orders by status and category: a category is told from publication on', async () => {
  const client = randomUUID();
  const order = async (category: string, ...to: string[]) => {
    const orderId = randomUUID();
    let from: string | null = null;
    for (const [place, next] of to.entries()) {
      await platform.publish(
        'orders.order.status-changed.v1',
        orderId,
        // A draft may change its category.
        status(orderId, from, next, client, { category: place === 0 ? 'texts' : category, skills: ['css', 'figma'] }),
        { time: new Date(Date.UTC(2012, 4, 5, 10, place)) },
      );
      from = next;
    }
  };
  await order('design', 'draft', 'published');
  await order('design', 'draft', 'published', 'in_progress');
  await order('code', 'draft', 'published');
  await platform.drain();
  const at = { from: '2012-05-05', to: '2012-05-05' };
  const parts = async (metric: string, category?: string) =>
    (await panelsOf(platform, 'orders', { ...at, category }))
      .get(metric)
      .parts.map((part: { key: string; value: string }) => [part.key, part.value]);
  expect(await parts('orders_by_status')).toEqual([
    ['published', '2'],
    ['in_progress', '1'],
  ]);
  expect(await parts('orders_by_status', 'design')).toEqual([
    ['in_progress', '1'],
    ['published', '1'],
  ]);
  expect(await parts('orders_published')).toEqual([
    ['design', '2'],
    ['code', '1'],
  ]);
  expect(await parts('top_skills', 'code')).toEqual([
    ['css', '1'],
    ['figma', '1'],
  ]);
  const panels = await panelsOf(platform, 'orders', { ...at, category: 'code' });
  expect(panels.get('orders_published')).toMatchObject({ total: '1', filtered: true });
  expect(panels.get('reviews')).toMatchObject({ filtered: false });
  expect(panels.get('funnel').parts[0]).toEqual({ key: 'created', title: 'Создан', value: '1' });
});

test('partitions are made ahead over the end of a year, and take in what came before them', async () => {
  const made = (at: string) => db().one<{ made: number }>(sql`select make_partitions(${at}) as made`);
  const where = (at: string) =>
    db().many<{ name: string }>(sql`select distinct tableoid::regclass::text as name from events where at = ${at}`);
  await signIns(['2031-12-31T23:59:59Z', '2032-01-01T00:00:00Z', '2029-02-03T00:00:00Z']);
  expect(await where('2031-12-31T23:59:59Z')).toEqual([{ name: 'events_other' }]);
  expect((await made('2031-11-20T00:00:00Z')).made).toBeGreaterThanOrEqual(4);
  expect(await where('2031-12-31T23:59:59Z')).toEqual([{ name: 'events_2031_12' }]);
  expect(await where('2032-01-01T00:00:00Z')).toEqual([{ name: 'events_2032_01' }]);
  // An old month that lay in the default partition has one of its own now.
  expect(await where('2029-02-03T00:00:00Z')).toEqual([{ name: 'events_2029_02' }]);
  expect((await made('2031-11-20T00:00:00Z')).made).toBe(0);
  await signIns(['2032-01-31T12:00:00Z']);
  expect(await where('2032-01-31T12:00:00Z')).toEqual([{ name: 'events_2032_01' }]);
  await expect(db().run(sql`update events_2032_01 set type = 'x'`)).rejects.toThrow(/permission denied/);
  await expect(db().run(sql`delete from events_2029_02`)).rejects.toThrow(/permission denied/);
});

test('retention: cohorts by month of the zone, active in their month and after', async () => {
  const person = async (registered: string, ...active: string[]) => {
    const userId = randomUUID();
    const registration = {
      userId,
      email: `${userId}@artel.test`,
      displayName: 'x',
      locale: 'ru',
      country: null,
      phone: null,
      timeZone: 'Europe/Moscow',
      roles: ['client'],
      confirmed: false,
    };
    await platform.publish('auth.user.registered.v1', userId, registration, { time: new Date(registered) });
    for (const time of active)
      await platform.publish(
        'auth.session.started.v1',
        userId,
        { userId, sessionId: randomUUID(), factors: [] },
        { time: new Date(time) },
      );
  };
  const now = platform.clock.now();
  const month = (ago: number, day: number, hour = 12) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, day, hour)).toISOString();
  await person(month(2, 5), month(2, 6), month(1, 7), month(0, 1));
  await person(month(2, 9), month(1, 1));
  // Late in the evening of the last day UTC it is the next month in Moscow.
  const edge = new Date(Date.parse(month(1, 1, 0)) - 3_600_000).toISOString();
  await person(edge, edge);
  await platform.drain();
  const ask = async (timeZone: string) =>
    (await platform.call('analytics', 'getRetention', { user: admin, query: { months: 3, timeZone } })).body.items.map(
      (cohort: { registered: number; active: number[] }) => [cohort.registered, cohort.active],
    );
  expect(await ask('UTC')).toEqual([[3, [2, 2, 1]]]);
  expect(await ask('Europe/Moscow')).toEqual([
    [2, [1, 2, 1]],
    [1, [1]],
  ]);
});
