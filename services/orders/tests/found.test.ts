import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { typedWords, wordQuery } from '../domain/query.ts';
import { cutsOf, distance, mistakesIn, otherLayout } from '../domain/typos.ts';
import { type Market, openMarket } from './market.ts';

/** O3: misspelt words, facets, why a hit is here; the same of freelancers. */
let market: Market;
let client: Principal;
const ids: Record<string, string> = {};

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(100_000_000n);
  const add = async (name: string, of: object) => {
    ids[name] = (await market.published(client, of as never)).orderId;
  };
  await add('logo', {
    title: 'Логотип и иллюстрация',
    tags: ['дизайн'],
    budget: { min: '100000', max: '600000', currency: 'RUB' },
  });
  await add('site', {
    title: 'Website design',
    tags: ['вёрстка'],
    category: 'web-design',
    urgent: true,
    budget: { min: '5000', max: '9000', currency: 'USD' },
  });
  await add('text', {
    title: 'Описание сайта',
    description: 'Нужен дизайн текста: иллюстрация не нужна.',
    tags: [],
    category: 'texts',
    nda: false,
  });
}, 120_000);
afterAll(() => market?.close());

const search = async (query: object) => (await market.call('searchOrders', undefined, { query })).body;
type Found = { orderId: string; why: { field: string; weight: number; words: string[] }[]; score: number | null };
const names = (body: { items: Found[] }) =>
  body.items.map((hit) => Object.keys(ids).find((name) => ids[name] === hit.orderId));

describe('misspelt words', () => {
  test.each([
    ['лагатип', null],
    ['логотп', 'логотип'],
    ['илюстрацыя', 'иллюстрация'],
    ['верстака', 'вёрстка'],
    ['websiet', 'website'],
    ['вебсайт', null],
    ['lbpfqy', 'дизайн'],
    ['цуиышеу', 'website'],
    ['логотп илюстрация', 'логотип иллюстрация'],
    ['абракадабра', null],
  ])('%s → %s', async (q, to) => {
    const body = await search({ q });
    expect(body.corrected).toEqual(to === null ? null : { from: q, to });
    expect(body.items.length > 0).toBe(to !== null);
    expect((await search({ q, exact: 'true' })).items).toEqual([]);
  });

  test('words that are known are left alone, also when they do not stand together', async () => {
    expect(await search({ q: 'website текста' })).toMatchObject({ items: [], corrected: null });
    expect((await search({ q: 'дизайн' })).corrected).toBeNull();
  });

  test('further pages go on with the corrected words', async () => {
    const first = await search({ q: 'дезайн', limit: 1 });
    expect(first.corrected).toEqual({ from: 'дезайн', to: 'дизайн' });
    const second = await search({ q: 'дезайн', limit: 1, cursor: first.nextCursor });
    expect(second).toMatchObject({ corrected: { to: 'дизайн' }, nextCursor: null });
    expect([...names(first), ...names(second)].sort()).toEqual(['logo', 'text']);
  });

  test('a word goes with the last one that had it', async () => {
    const author = await market.client(1_000_000n);
    await market.published(author, { title: 'Батискаф для озера' });
    expect((await search({ q: 'батескаф' })).corrected).toEqual({ from: 'батескаф', to: 'батискаф' });
    await market.platform.publish('users.user.erased.v1', author.userId, {
      userId: author.userId,
      actorId: randomUUID(),
    });
    await market.platform.drain();
    expect(await search({ q: 'батескаф' })).toMatchObject({ items: [], corrected: null });
    const { rows } = await market.asOwner((db) => db.query("select 1 from words where word like 'батискаф%'"));
    expect(rows).toEqual([]);
  });

  test('whatever two mistakes are made in a long word, one in a short one, a common rest is left', () => {
    const letters = fc.constantFrom(...'абвгде');
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 4, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(3), letters), { maxLength: 2 }),
        (word, mistakes) => {
          const known = word.join('');
          let typed = [...word];
          for (const [where, kind, letter] of mistakes.slice(0, mistakesIn(known))) {
            const at = where % typed.length;
            if (kind === 0) typed = typed.toSpliced(at, 1);
            if (kind === 1) typed = typed.toSpliced(at, 0, letter);
            if (kind === 2) typed = typed.with(at, letter);
            if (kind === 3 && at > 0) typed = typed.toSpliced(at - 1, 2, typed[at] as string, typed[at - 1] as string);
          }
          const other = typed.join('');
          if (mistakesIn(other) < mistakes.length || typed.length > 12) return;
          const cuts = new Set(cutsOf(known));
          expect(cutsOf(other).some((cut) => cuts.has(cut))).toBe(true);
          expect(distance(known, other)).toBeLessThanOrEqual(mistakes.length);
        },
      ),
    );
    expect([distance('логотип', 'логотип'), distance('кот', 'кто'), distance('', 'кот')]).toEqual([0, 1, 3]);
    expect(otherLayout('lbpfqy сайт')).toBeUndefined();
  });
});

describe('queries', () => {
  test('words that are wanted, as they are typed', () => {
    expect(typedWords('"Логотип для" кофейни, -ресторан OR C++ e-mail')).toEqual([
      'Логотип',
      'для',
      'кофейни',
      'C++',
      'e-mail',
    ]);
  });

  test('phrases are looked for by their words; one that must not be there is only checked', () => {
    expect(wordQuery("'a' <-> 'b'", ['a', 'b'])).toEqual({ keys: "'§:a' & '§:b'", phrases: true, alternatives: false });
    expect(wordQuery("'a' | 'it''s' & !'c'", ['a'])?.keys).toBe("'§:a' | '§:it''s' & !'§:c'");
    expect(wordQuery("'a' & !( 'b' <-> 'c' )", ['a'])).toMatchObject({ keys: "'§:a'", phrases: true });
    expect(wordQuery('', [])).toBeUndefined();
  });

  test('words beside each other, apart, and not beside each other', async () => {
    expect(names(await search({ q: '"website design"' }))).toEqual(['site']);
    expect(names(await search({ q: '"design website"', exact: 'true' }))).toEqual([]);
    expect(names(await search({ q: 'website -"website design"', exact: 'true' }))).toEqual([]);
    expect(names(await search({ q: 'дизайн -"дизайн текста"' }))).toEqual(['logo']);
    expect(names(await search({ q: 'website or логотип' })).sort()).toEqual(['logo', 'site']);
    expect(names(await search({ q: 'дизайн website' }))).toEqual([]);
  });
});

describe('why, and how much it weighs', () => {
  test('the fields where the words stand; the score is the mean of the best', async () => {
    const { items } = await search({ q: 'иллюстрации дизайна', sort: 'relevance' });
    expect(names({ items })).toEqual(['logo', 'text']);
    expect(items[0]).toMatchObject({
      score: 0.7,
      why: [
        { field: 'title', weight: 1, words: ['иллюстрации'] },
        { field: 'tags', weight: 0.4, words: ['дизайна'] },
      ],
    });
    expect(items[1]).toMatchObject({
      score: 0.2,
      why: [{ field: 'description', weight: 0.2, words: ['иллюстрации', 'дизайна'] }],
    });
    expect((await search({})).items[0]).toMatchObject({ why: [], score: null });
  });

  test('facets of budgets and kinds are what the filter would find', async () => {
    const { facets } = await search({});
    expect(facets.total).toEqual({ count: 3, atLeast: false });
    expect(facets.kinds).toEqual([{ key: 'urgent', count: 1, atLeast: false }]);
    for (const { currency, min, max, count } of facets.budgets) {
      const query = { currency, budgetMin: min, ...(max === null ? {} : { budgetMax: max }) };
      expect((await search(query)).facets.total.count, JSON.stringify(query)).toBe(count);
    }
    expect(facets.budgets.map((one: { currency: string }) => one.currency)).toContain('USD');
  });

  test('more than 500 are told as at least 500', async () => {
    await market.asOwner((db) =>
      db.query(
        `insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, process, created_at, published_at, revisions_limit, review_days, reveal_days, search)
         select gen_random_uuid(), $1, 'Штемпель', '', 'texts', '{}', '{}', '{}', 1, 2, 'RUB', now() + i * interval '1 day', 'published', 1, now(), now(), 3, 14, 14, to_tsvector('russian', 'штемпель') from generate_series(1, 502) i`,
        [client.userId],
      ),
    );
    const { facets } = await search({ q: 'штемпель' });
    expect(facets.total).toEqual({ count: 500, atLeast: true });
    expect(facets.categories).toEqual([{ key: 'texts', count: 500, atLeast: true }]);
    const later = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    expect(
      (await search({ q: 'штемпель', deadlineAfter: later(400), deadlineBefore: later(410.5) })).facets.total.count,
    ).toBeGreaterThanOrEqual(10);
    expect((await search({ q: 'штемпель', deadlineAfter: later(2_000) })).items).toEqual([]);
    await market.asOwner((db) => db.query("delete from orders where title = 'Штемпель'"));
  });
});

describe('freelancers', () => {
  const tell = async (of: object) => {
    const userId = randomUUID();
    const profile = {
      userId,
      kinds: ['freelancer'],
      displayName: 'Мария Знаменская',
      slug: `m-${userId.slice(-6)}`,
      headline: null,
      about: null,
      avatarUrl: null,
      country: 'RU',
      languages: ['ru'],
      membersOnly: [],
      locale: 'ru',
      skills: [],
      styles: [],
      hourlyRate: { amount: '150000', currency: 'RUB' },
      availability: 'busy',
      rating: null,
      reviewCount: 0,
      visibility: 'public',
      changed: ['created'],
      ...of,
    };
    await market.platform.publish('users.profile.updated.v1', userId, profile, { sequence: 1 });
    await market.platform.drain();
    return userId;
  };
  const find = async (query: object, user?: Principal) =>
    (await market.call('searchFreelancers', user, { query })).body;
  const idsOf = (body: { items: { userId: string }[] }) => body.items.map((hit) => hit.userId);

  test('by language, country, rate with its currency; what is for members only a guest can neither see nor search by', async () => {
    const open = await tell({ headline: 'Гравёр', languages: ['de', 'ru'], country: 'KZ' });
    const shy = await tell({
      headline: 'Гравёр',
      languages: ['de'],
      country: 'KZ',
      membersOnly: ['country', 'languages', 'hourlyRate'],
      hourlyRate: { amount: '90000', currency: 'USD' },
    });
    const q = { q: 'гравёр' };
    for (const query of [{ language: 'de' }, { country: 'KZ' }, { rateMin: '1' }]) {
      expect(idsOf(await find({ ...q, ...query })), JSON.stringify(query)).toEqual([open]);
      expect(idsOf(await find({ ...q, ...query }, client)).sort(), JSON.stringify(query)).toEqual([open, shy].sort());
    }
    expect(idsOf(await find({ ...q, currency: 'USD' }, client))).toEqual([shy]);
    const guest = await find(q);
    expect(guest.items.find((hit: { userId: string }) => hit.userId === shy)).toMatchObject({
      country: null,
      languages: [],
      hourlyRate: null,
    });
    expect(guest.facets).toMatchObject({
      total: { count: 2, atLeast: false },
      languages: [
        { key: 'de', count: 1 },
        { key: 'ru', count: 1 },
      ],
      countries: [{ key: 'KZ', count: 1 }],
    });
    expect((await find(q, client)).facets.countries).toMatchObject([{ key: 'KZ', count: 2 }]);
  });

  test('by relevance: where the words stand, then rating and availability, each told with its weight', async () => {
    const headline = await tell({ headline: 'Каллиграф', rating: 5, availability: 'available' });
    const about = await tell({ headline: 'Художник', about: 'Работаю и как каллиграф.', rating: 5 });
    const plain = await tell({ headline: 'Каллиграф' });
    const body = await find({ q: 'каллиграфы', sort: 'relevance' });
    expect(idsOf(body)).toEqual([headline, plain, about]);
    expect(body.items[0]).toMatchObject({
      score: 1,
      why: [
        { field: 'headline', weight: 0.7, words: ['каллиграфы'] },
        { field: 'rating', weight: 0.2, words: [] },
        { field: 'availability', weight: 0.1, words: [] },
      ],
    });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await find({ q: 'каллиграфы', sort: 'relevance', limit: 1, cursor });
      seen.push(...idsOf(page));
      if (!page.nextCursor) break;
      if (seen.length === 1) await tell({ headline: 'Каллиграф', rating: 5, availability: 'available' });
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (const id of [headline, plain, about]) expect(seen).toContain(id);
    expect(await find({ q: 'калиграф' })).toMatchObject({ corrected: { from: 'калиграф', to: 'каллиграф' } });
  });
});
