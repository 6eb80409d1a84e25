import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { person } from '#testing/env.ts';
import type { OrdersContext } from '../context.ts';
import { announceListings, tellSavedSearches } from '../jobs/listings.ts';
import { type Market, openMarket } from './market.ts';

/** O3: searches that are kept, and told of. */
let market: Market;
let client: Principal;
let me: Principal;
const FOUND = 'orders.saved-search.matched.v1';

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(1_000_000_000n);
}, 120_000);
afterAll(() => market?.close());
beforeEach(() => {
  me = person({ permissions: [] });
});

const ctx = () => market.platform.ctx('orders') as OrdersContext;
const save = async (query: object, of: { user?: Principal; frequency?: string; name?: string } = {}) =>
  (
    await market.call('saveSearch', of.user ?? me, {
      body: { name: of.name ?? 'Мой поиск', query, frequency: of.frequency ?? 'instant' },
    })
  ).body;
const publish = (of: Parameters<Market['published']>[1]) => market.published(client, of);
type Entry = { userId: string; savedSearchId: string; total: number; orders: { orderId: string; title: string }[] };
const told = (user: Principal = me): Entry[] =>
  market
    .seen(FOUND)
    .flatMap((event) => event.data.matches as Entry[])
    .filter((entry) => entry.userId === user.userId);
const USD = { min: '10000', max: '20000', currency: 'USD' };

describe('what a new order is compared with', () => {
  test.each([
    ['a word in another form', { q: 'логотипы' }, true],
    ['all words', { q: 'логотип пекарни' }, true],
    ['a word that is missing', { q: 'логотип ресторана' }, false],
    ['one of two words', { q: 'ресторан or пекарня' }, true],
    ['a word that must not be there', { q: 'логотип -пекарня' }, false],
    ['words side by side', { q: '"логотип пекарни"' }, true],
    ['words not side by side', { q: '"пекарни логотип"' }, false],
    ['an English word', { q: 'bakeries' }, true],
    ['category and word', { q: 'логотип', category: 'logo-design' }, true],
    ['another category', { q: 'логотип', category: 'texts' }, false],
    ['a tag', { tag: ['хлеб'] }, true],
    ['two tags, one missing', { tag: ['хлеб', 'булки'] }, false],
    ['a skill and a style', { skill: ['figma'], style: ['retro'] }, true],
    ['a budget that is reached', { budgetMin: '15000', currency: 'USD' }, true],
    ['a budget above', { budgetMin: '20001' }, false],
    ['a budget below', { budgetMax: '9999' }, false],
    ['a currency', { currency: 'RUB' }, false],
    ['urgent ones', { urgent: true }, false],
    ['not urgent ones', { urgent: false }, true],
  ])('%s', async (_name, query, found) => {
    const saved = await save(query);
    const { orderId } = await publish({
      title: 'Логотип пекарни',
      description: 'Небольшая пекарня ищет знак, small bakery.',
      tags: ['хлеб'],
      skills: ['figma', 'logo'],
      styles: ['retro'],
      budget: USD,
    });
    const entries = found
      ? [{ savedSearchId: saved.savedSearchId, total: 1, orders: [{ orderId, title: 'Логотип пекарни' }] }]
      : [];
    expect(told()).toMatchObject(entries);
  });

  test('the own order, one for the invited, one behind secrecy by its details, and an edit tell nobody', async () => {
    await save({ q: 'дирижабль' }, { user: client });
    await save({ q: 'дирижабль' });
    await publish({ title: 'Чертёж', access: 'invited', description: 'Нужен чертёж дирижабля в трёх видах.' } as never);
    await publish({ title: 'Чертёж', nda: true, description: 'Нужен чертёж дирижабля в трёх видах.' } as never);
    expect(told()).toEqual([]);
    const order = await publish({ title: 'Чертёж дирижабля' });
    expect(told()).toHaveLength(1);
    expect(told(client)).toEqual([]);
    await market.call('editOrder', client, {
      params: { orderId: order.orderId },
      ifMatch: `"${order.version}"`,
      body: { title: 'Чертёж дирижабля и ангара' },
    });
    await market.platform.drain();
    expect(told()).toHaveLength(1);
  });

  test('two searches that find the same order tell once; each counts', async () => {
    const [one, two] = [await save({ q: 'самовар' }), await save({ category: 'texts' })];
    await publish({ title: 'Самовар в тексте', category: 'texts' });
    expect(told()).toMatchObject([{ savedSearchId: one.savedSearchId, total: 1 }]);
    const { items } = (await market.call('listSavedSearches', me)).body;
    expect(items.map((item: { found: number }) => item.found)).toEqual([1, 1]);
    expect(items[0].savedSearchId).toBe(two.savedSearchId);
    expect(items[0].lastFoundAt).not.toBeNull();
  });
});

describe('how often', () => {
  test('daily and weekly ones are told together, once; off is not told', async () => {
    const [daily, weekly] = [person({ permissions: [] }), person({ permissions: [] })];
    await save({ q: 'патефон' }, { user: daily, frequency: 'daily' });
    await save({ q: 'патефон' }, { user: weekly, frequency: 'weekly' });
    await save({ q: 'патефон' }, { frequency: 'off' });
    const first = await publish({ title: 'Патефон один' });
    const second = await publish({ title: 'Патефон два' });
    expect(told(daily)).toEqual([]);
    // 2026-11-25 is a Wednesday; both jobs run at once, as on two replicas.
    await onDay(3);
    expect(told(daily)).toMatchObject([
      { total: 2, orders: [{ orderId: second.orderId }, { orderId: first.orderId }] },
    ]);
    expect(told(weekly)).toEqual([]);
    await onDay(1);
    expect(told(daily)).toHaveLength(1);
    expect(told(weekly)).toMatchObject([{ total: 2 }]);
    expect(told()).toEqual([]);
  });

  test('what is gone by then is not told', async () => {
    await save({ q: 'граммофон' }, { frequency: 'daily' });
    const order = await publish({ title: 'Граммофон' });
    await market.act('cancelOrder', client, order.orderId, { reason: 'передумали' });
    await onDay(3);
    expect(told()).toEqual([]);
  });

  async function onDay(weekday: number): Promise<void> {
    const { clock } = market.platform;
    const days = (weekday - clock.now().getUTCDay() + 7) % 7;
    await market.platform.advance(days * 86_400_000);
    await Promise.all([tellSavedSearches.run(ctx(), {}), tellSavedSearches.run(ctx(), {})]);
    await market.platform.drain();
  }
});

test('F3: two replicas that look at the same new orders tell each once', async () => {
  await save({ q: 'арифмометр' });
  await market.asOwner((db) =>
    db.query(
      `insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, status, process, created_at, published_at, revisions_limit, review_days, reveal_days, search)
       select gen_random_uuid(), $1, 'Арифмометр ' || i, '', 'texts', '{}', '{}', '{}', 1, 2, 'RUB', 'published', 1, now(), now(), 3, 14, 14, to_tsvector('russian', 'арифмометр') from generate_series(1, 230) i`,
      [client.userId],
    ),
  );
  await Promise.all(Array.from({ length: 4 }, () => announceListings.run(ctx(), {})));
  await market.platform.drain();
  expect(told().reduce((sum, entry) => sum + entry.total, 0)).toBe(230);
  expect((await market.call('listSavedSearches', me)).body.items[0].found).toBe(230);
  await market.asOwner((db) => db.query("update orders set status = 'cancelled' where title like 'Арифмометр %'"));
});

describe('keeping them', () => {
  test('read, edited with If-Match, deleted; not by others', async () => {
    const saved = await save({ q: 'логотип' });
    const params = { savedSearchId: saved.savedSearchId };
    const other = person({ permissions: [] });
    for (const [route, input] of [
      ['getSavedSearch', { params }],
      ['editSavedSearch', { params, ifMatch: '"1"', body: { name: 'Чужой' } }],
      ['deleteSavedSearch', { params }],
    ] as const)
      await expect(market.call(route, other, input)).rejects.toMatchObject({ code: 'not_found' });
    const edit = (ifMatch: number, body: object) =>
      market.call('editSavedSearch', me, { params, ifMatch: `"${ifMatch}"`, body });
    expect((await edit(1, { name: 'Знаки', query: { q: 'знак' } })).body).toMatchObject({
      name: 'Знаки',
      version: 2,
      frequency: 'instant',
    });
    await expect(edit(1, { name: 'Опять' })).rejects.toMatchObject({ code: 'version_mismatch' });
    await publish({ title: 'Нарисовать знак' });
    expect(told()).toHaveLength(1);
    await market.call('deleteSavedSearch', me, { params });
    await publish({ title: 'Нарисовать знак' });
    expect(told()).toHaveLength(1);
    await expect(market.call('getSavedSearch', me, { params })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('no more than the limit, also at once; nothing to search by is refused', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 23 }, (_, i) => save({ q: `слово${i}` })));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(20);
    await expect(save({ q: 'ещё' })).rejects.toMatchObject({ code: 'orders.too_many_saved_searches' });
    const other = { user: person({ permissions: [] }) };
    for (const q of ['!!!', '-нет', 'и'])
      await expect(save({ q }, other)).rejects.toMatchObject({ code: 'orders.nothing_to_search' });
    await expect(save({}, other)).rejects.toMatchObject({ code: 'validation_failed' });
  });

  test('P1, P2: they are in the export and go with the person', async () => {
    const saved = await save({ q: 'секретное желание' }, { name: 'Канарейка' });
    const page = async () =>
      JSON.stringify(
        (
          await market.platform.call('orders', 'getPersonalData', {
            caller: 'users',
            params: { userId: me.userId },
            query: { page: 0 },
          })
        ).body,
      );
    expect(await page()).toContain(saved.savedSearchId);
    await market.platform.publish('users.user.erased.v1', me.userId, { userId: me.userId, actorId: randomUUID() });
    await market.platform.drain();
    expect(await page()).not.toContain('Канарейка');
    const { rows } = await market.asOwner((db) =>
      db.query('select 1 from saved_searches where user_id = $1', [me.userId]),
    );
    expect(rows).toEqual([]);
  });
});
