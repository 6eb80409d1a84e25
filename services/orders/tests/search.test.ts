import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { person } from '#testing/env.ts';
import { DAY, type Market, openMarket } from './market.ts';

let market: Market;
let client: Principal;
const ids: Record<string, string> = {};

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(100_000_000n);
  const later = (days: number) => new Date(market.platform.clock.nowMs() + days * DAY).toISOString();
  const add = async (name: string, of: Parameters<Market['published']>[1]) => {
    ids[name] = (await market.published(client, of)).orderId;
  };
  await add('logo', { title: 'Нарисовать логотип', deadline: later(9) });
  await add('site', {
    title: 'Сайт для пекарни',
    description: 'Нужна вёрстка одностраничного сайта, дизайн готов.',
    category: 'web-design',
    tags: ['хлеб', 'вёрстка'],
    skills: ['html', 'figma'],
    styles: ['retro'],
    budget: { min: '100', max: '200', currency: 'USD' },
    // Finer than a millisecond: cursors carry no more.
    deadline: later(5).replace('Z', '456Z'),
  });
  await add('english', {
    title: 'Write texts about running shoes',
    description: 'Ten short texts for a shop, in plain English please.',
    category: 'texts',
    tags: ['shoes'],
    skills: [],
    styles: [],
    budget: { min: '0', max: '900000', currency: 'RUB' },
  });
}, 120_000);
afterAll(() => market?.close());

const search = async (query: object, user?: Principal) => (await market.call('searchOrders', user, { query })).body;
const names = async (query: object) =>
  (await search(query)).items.map(
    (item: { orderId: string }) => Object.keys(ids).find((name) => ids[name] === item.orderId) ?? item.orderId,
  ) as string[];

async function pages(query: object, between: (page: number) => Promise<void> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  let page = 0;
  do {
    const body = await search({ ...query, limit: 2, cursor });
    seen.push(...body.items.map((item: { orderId: string }) => item.orderId));
    cursor = body.nextCursor ?? undefined;
    if (cursor) await between(page++);
  } while (cursor);
  return seen;
}

describe('O3: words and filters', () => {
  test.each([
    ['логотипы', ['logo']],
    ['логотипами', ['logo']],
    ['пекарня', ['site']],
    ['сайты', ['site']],
    ['text', ['english']],
    ['shoe', ['english']],
    ['runs', ['english']],
    ['кофейня', ['logo']],
    ['дирижабль', []],
  ])('%s', async (q, found) => {
    expect((await names({ q })).sort()).toEqual(found);
  });

  test('by category, tag, skill, style, budget, currency', async () => {
    expect(await names({ category: 'web-design' })).toEqual(['site']);
    expect(await names({ tag: 'хлеб' })).toEqual(['site']);
    expect(await names({ tag: ['хлеб', 'кофе'] })).toEqual([]);
    expect(await names({ skill: ['html', 'figma'] })).toEqual(['site']);
    expect(await names({ style: 'minimalism' })).toEqual(['logo']);
    expect(await names({ currency: 'USD' })).toEqual(['site']);
    expect((await names({ budgetMin: '1000000' })).sort()).toEqual(['logo']);
    expect((await names({ budgetMax: '50', currency: 'RUB' })).sort()).toEqual(['english']);
  });

  test('facets count what was found', async () => {
    const { facets } = await search({});
    expect(facets.categories).toEqual([
      { key: 'logo-design', count: 1, atLeast: false },
      { key: 'texts', count: 1, atLeast: false },
      { key: 'web-design', count: 1, atLeast: false },
    ]);
    expect(facets.skills).toContainEqual({ key: 'figma', count: 1, atLeast: false });
    expect((await search({ q: 'логотип' })).facets.tags).toEqual([{ key: 'кофе', count: 1, atLeast: false }]);
  });

  test('odd input finds nothing and breaks nothing', async () => {
    for (const q of ['\0', "'", '" OR', '-', '!!!', ':*', '\u{1f600}', 'а'.repeat(200), '& | ! <->'])
      await expect(search({ q, sort: 'relevance' }), q).resolves.toHaveProperty('items');
    await expect(search({ tag: 'a\0b' })).resolves.toMatchObject({ items: [] });
  });

  test('drafts and ended orders are not found', async () => {
    const { orderId } = await market.draft(client, { title: 'Секретный черновик' });
    expect(await names({ q: 'секретный' })).toEqual([]);
    await market.act('publishOrder', client, orderId);
    expect(await names({ q: 'секретные' })).toHaveLength(1);
    await market.act('cancelOrder', client, orderId, { reason: 'передумали' });
    expect(await names({ q: 'секретный' })).toEqual([]);
  });
});

describe('L5: sorts and pages', () => {
  test('each sort in its order', async () => {
    expect(await names({ sort: 'newest' })).toEqual(['english', 'site', 'logo']);
    expect(await names({ sort: 'budget' })).toEqual(['logo', 'english', 'site']);
    expect(await names({ sort: 'deadline' })).toEqual(['site', 'logo']);
    expect((await names({ sort: 'relevance', q: 'логотип' }))[0]).toBe('logo');
  });

  test.each(['newest', 'budget', 'deadline', 'relevance'] as const)(
    '%s: no gap and no repeat while orders are added',
    async (sort) => {
      await market.asOwner((db) =>
        db.query(
          `insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, process, created_at, published_at, revisions_limit, review_days, reveal_days, search)
           select gen_random_uuid(), $1, 'Страница ' || i, 'о страницах', 'texts', '{}', '{}', '{}', 1, 1000 + i % 3, 'RUB', date_trunc('second', now()) + (i % 3 + 1) * interval '1 day', 'published', 1, now(), date_trunc('second', now()) - interval '1 hour' + (i % 3) * interval '1 second', 3, 14, 14, to_tsvector('russian', 'Страница') from generate_series(1, 11) i`,
          [client.userId],
        ),
      );
      const query = { sort, q: 'страница' };
      const before = new Set(await pages(query));
      expect(before.size).toBeGreaterThanOrEqual(11);
      const seen = await pages(query, async () => {
        await market.asOwner((db) =>
          db.query(
            `insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, process, created_at, published_at, revisions_limit, review_days, reveal_days, search)
             values (gen_random_uuid(), $1, 'Новая', 'новая', 'texts', '{}', '{}', '{}', 1, 9000, 'RUB', date_trunc('second', now()), 'published', 1, now(), date_trunc('second', now()), 3, 14, 14, to_tsvector('russian', 'страница'))`,
            [client.userId],
          ),
        );
      });
      expect(new Set(seen).size).toBe(seen.length);
      for (const orderId of before) expect(seen).toContain(orderId);
      await market.asOwner((db) =>
        db.query("delete from orders where category = 'texts' and title <> 'Write texts about running shoes'"),
      );
    },
  );

  test('bad cursors are 400 in every list', async () => {
    const encode = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url');
    for (const cursor of ['nonsense', encode(['x', 'y']), encode(['2026-13-45T00:00:00Z', randomUUID()]), encode([1])])
      for (const [route, query] of [
        ['searchOrders', {}],
        ['searchOrders', { sort: 'budget' }],
        ['searchOrders', { sort: 'deadline' }],
        ['searchOrders', { sort: 'relevance', q: 'логотип' }],
        ['searchFreelancers', {}],
        ['listOwnOrders', {}],
        ['listOwnResponses', {}],
      ] as const)
        await expect(
          market.call(route, person({ permissions: ['orders.respond'] }), { query: { ...query, cursor } }),
          `${route} ${JSON.stringify(query)} ${cursor}`,
        ).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(
      market.call('listPersonReviews', undefined, {
        params: { userId: randomUUID() },
        query: { cursor: encode([1, 2]) },
      }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('E3: freelancers', () => {
  const profile = (userId: string, of: object = {}) => ({
    userId,
    kinds: ['freelancer'],
    displayName: 'Мария Знаменская',
    slug: `m-${userId.slice(-6)}`,
    headline: 'Дизайнер айдентики',
    about: 'Рисую иллюстрации для книг.',
    avatarUrl: null,
    country: 'RU',
    locale: 'ru',
    skills: ['logo'],
    styles: ['retro'],
    hourlyRate: { amount: '150000', currency: 'RUB' },
    availability: 'available',
    rating: 4.5,
    reviewCount: 2,
    visibility: 'public',
    changed: ['created'],
    ...of,
  });
  const tell = (userId: string, sequence: number, of: object = {}) =>
    market.platform.publish('users.profile.updated.v1', userId, profile(userId, of), { sequence });
  const find = async (query: object, user?: Principal) =>
    (await market.call('searchFreelancers', user, { query })).body.items as { userId: string; headline: string }[];

  test('found by word forms, skill, style, rate, rating, availability', async () => {
    const userId = randomUUID();
    await tell(userId, 1);
    await market.platform.drain();
    for (const query of [
      { q: 'иллюстрация' },
      { q: 'знаменская' },
      { skill: 'logo', style: 'retro' },
      { rateMax: '150000' },
      { ratingMin: '4.5' },
      { availability: 'available', q: 'айдентика' },
    ])
      expect(
        (await find(query)).map((hit) => hit.userId),
        JSON.stringify(query),
      ).toContain(userId);
    for (const query of [
      { q: 'водопровод' },
      { skill: 'html' },
      { rateMax: '149999' },
      { ratingMin: '4.6' },
      { availability: 'busy' },
    ])
      expect(
        (await find(query)).map((hit) => hit.userId),
        JSON.stringify(query),
      ).not.toContain(userId);
  });

  test('F3: the newest state counts, whatever the order of arrival; erasure is final', async () => {
    const userId = randomUUID();
    await tell(userId, 9, { headline: 'Новое' });
    await tell(userId, 3, { headline: 'Старое' });
    await market.platform.drain();
    expect(await find({ q: 'новое' })).toMatchObject([{ userId, headline: 'Новое' }]);
    expect(await find({ q: 'старое' })).toEqual([]);
    await market.platform.publish('users.user.erased.v1', userId, { userId, actorId: userId });
    await market.platform.drain();
    await tell(userId, 12, { headline: 'Призрак' });
    await market.platform.drain();
    expect((await find({ q: 'призрак' })).concat(await find({ q: 'новое' }))).toEqual([]);
    const { rows } = await market.asOwner((db) =>
      db.query('select profile, search::text from freelancers where user_id = $1', [userId]),
    );
    expect(rows).toEqual([{ profile: {}, search: '' }]);
  });

  test('Z3: hidden ones are hidden, those for members are for members', async () => {
    const [hidden, members] = [randomUUID(), randomUUID()];
    await tell(hidden, 1, { headline: 'Невидимка', visibility: 'hidden' });
    await tell(members, 1, { headline: 'Невидимка', visibility: 'signed_in' });
    await market.platform.drain();
    expect(await find({ q: 'невидимка' })).toEqual([]);
    expect((await find({ q: 'невидимка' }, client)).map((hit) => hit.userId)).toEqual([members]);
  });

  test.each(['rating', 'newest'])('pages by %s without gap or repeat', async (sort) => {
    for (let i = 0; i < 7; i++)
      await tell(randomUUID(), 1, { headline: `Листание ${sort}`, rating: [null, 4.25, 5][i % 3] });
    await market.platform.drain();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await market.call('searchFreelancers', undefined, {
        query: { q: `листание ${sort}`, sort, limit: 2, cursor },
      });
      seen.push(...body.items.map((hit: { userId: string }) => hit.userId));
      cursor = body.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });
});
