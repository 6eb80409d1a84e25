/** Search of orders and freelancers, and searches that are kept (O3, E3, L5). */
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import { clientWith, parties, published, runNow, told } from './parties.ts';
import { newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

const MONTH_MS = 30 * 86_400_000;

const find = async (api: Api, what: 'orders' | 'freelancers', query: Record<string, string>) =>
  (await api.get(`/${what}?${new URLSearchParams(query)}`)).body;
// biome-ignore lint/suspicious/noExplicitAny: an answer as an outsider reads it
type Found = any;
const idsOf = (body: Found): string[] => body.items.map((one: { orderId: string }) => one.orderId);

interface Fair {
  readonly guest: Api;
  readonly client: Api;
  readonly ids: Readonly<Record<'airship' | 'zeppelin' | 'hangar', string>>;
}

async function fair(world: World): Promise<Fair> {
  const { client } = await parties(world, 5_000);
  const soon = new Date(world.now().getTime() + MONTH_MS).toISOString();
  const later = new Date(world.now().getTime() + 2 * MONTH_MS).toISOString();
  const airship = await published(client, {
    title: 'Иллюстрация дирижабля',
    description: 'Нужен дирижабль в небе над городом, акварель.',
    tags: ['дирижабль', 'небо'],
    budget: { min: '100000', max: '300000', currency: 'RUB' },
    deadline: later,
  });
  const zeppelin = await published(client, {
    title: 'Paintings of zeppelins',
    description: 'A poster with a zeppelin above the town, дирижабль у мачты.',
    tags: ['небо'],
    category: 'web-design',
    budget: { min: '400000', max: '900000', currency: 'RUB' },
    deadline: soon,
  });
  const hangar = await published(client, {
    title: 'Ангар и причальная мачта',
    description: 'Чертёж ангара, в который войдёт дирижабль.',
    tags: ['небо'],
    skills: [],
    budget: { min: '2000000', max: '3000000', currency: 'RUB' },
    urgent: true,
  });
  return { guest: new Api(world), client, ids: { airship, zeppelin, hangar } };
}

async function words({ guest, ids }: Fair): Promise<void> {
  for (const [query, expected] of [
    [{ q: 'дирижабли', sort: 'relevance' }, [ids.airship, ids.hangar, ids.zeppelin]],
    [{ q: 'painting' }, [ids.zeppelin]],
    [{ q: 'дирижабль -ангар' }, [ids.zeppelin, ids.airship]],
    [{ q: '"причальная мачта"' }, [ids.hangar]],
  ] as const)
    expect(idsOf(await find(guest, 'orders', query)), JSON.stringify(query)).toEqual(expected);
  const [hit] = (await find(guest, 'orders', { q: 'дирижабли', sort: 'relevance' })).items;
  expect(hit.why).toEqual([
    { field: 'title', weight: 1, words: ['дирижабли'] },
    { field: 'tags', weight: 0.4, words: ['дирижабли'] },
    { field: 'description', weight: 0.2, words: ['дирижабли'] },
  ]);
  expect(hit.score).toBeGreaterThan(0);
  // Misspelt, or typed in the other layout; told what was searched instead, and the words as typed on request.
  const typo = await find(guest, 'orders', { q: 'дережабль' });
  expect(typo.corrected).toEqual({ from: 'дережабль', to: 'дирижабль' });
  expect(idsOf(typo)).toContain(ids.airship);
  expect((await find(guest, 'orders', { q: 'дережабль', exact: 'true' })).items).toEqual([]);
  expect((await find(guest, 'orders', { q: 'pfgkfnrb', exact: 'true' })).items).toEqual([]);
  expect((await find(guest, 'orders', { q: 'fyufh' })).corrected).toEqual({ from: 'fyufh', to: 'ангар' });
}

async function filters({ guest, ids }: Fair): Promise<void> {
  const among = async (query: Record<string, string>) =>
    idsOf(await find(guest, 'orders', { q: 'дирижабль', ...query })).filter((one) => Object.values(ids).includes(one));
  const before = new Date(guest.world.now().getTime() + 1.5 * MONTH_MS).toISOString();
  for (const [query, expected] of [
    [{ tag: 'дирижабль' }, [ids.airship]],
    [{ category: 'web-design' }, [ids.zeppelin]],
    [{ skill: 'logo', style: 'minimalism', sort: 'budget' }, [ids.zeppelin, ids.airship]],
    [{ budgetMin: '250000', budgetMax: '500000' }, [ids.zeppelin, ids.airship]],
    [{ budgetMin: '1000000' }, [ids.hangar]],
    [{ deadlineBefore: before }, [ids.zeppelin]],
    [{ deadlineAfter: before }, [ids.airship]],
    [{ urgent: 'true' }, [ids.hangar]],
    [{ sort: 'newest' }, [ids.hangar, ids.zeppelin, ids.airship]],
    [{ sort: 'budget' }, [ids.hangar, ids.zeppelin, ids.airship]],
    // By deadline: those that have one.
    [{ sort: 'deadline' }, [ids.zeppelin, ids.airship]],
  ] as const)
    expect(await among(query), JSON.stringify(query)).toEqual(expected);
  const { facets } = await find(guest, 'orders', { q: 'дирижабль', tag: 'небо' });
  const counted = { count: 3, atLeast: false };
  expect(facets.total).toEqual(counted);
  expect(facets.tags[0]).toEqual({ key: 'небо', ...counted });
  expect(facets.categories).toEqual(expect.arrayContaining([expect.objectContaining({ key: 'web-design', count: 1 })]));
  expect(facets.budgets.length).toBeGreaterThan(1);
}

/** L5: while pages are turned others publish; who was there at the beginning comes once each, in the order of the sort. */
async function pages(world: World): Promise<void> {
  const { client } = await parties(world, 10_000);
  const guest = new Api(world);
  const add = (at: number) =>
    published(client, {
      title: `Страница ${at} альманаха`,
      tags: ['альманах'],
      budget: { min: '1000', max: String(1_000_000 + at * 1_000), currency: 'RUB' },
    });
  const original: string[] = [];
  for (let at = 0; at < 8; at++) original.push(await add(at));
  let extra = 100;
  for (const sort of ['newest', 'budget', 'relevance'] as const) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query: Record<string, string> = { q: 'альманах', sort, limit: '3', ...(cursor ? { cursor } : {}) };
      const body = await find(guest, 'orders', query);
      seen.push(...idsOf(body));
      if (cursor) expect(body.facets).toBeNull();
      cursor = body.nextCursor ?? undefined;
      if (cursor) expect(cursor).not.toMatch(/альманах|[0-9a-f]{8}-[0-9a-f]{4}/);
      // One above and one below what was just read.
      await add(extra++);
    } while (cursor);
    expect(new Set(seen).size, sort).toBe(seen.length);
    expect(
      seen.filter((one) => original.includes(one)),
      sort,
    ).toHaveLength(original.length);
    if (sort === 'newest') expect(seen.filter((one) => original.includes(one))).toEqual(original.toReversed());
  }
  expect((await guest.get('/orders?cursor=made-up', { expect: 400 })).body.code).toBe('validation_failed');
}

async function people(world: World): Promise<void> {
  const [master, other] = await Promise.all([
    newPerson(world, 'Глеб Аэронавтов', ['freelancer']),
    newPerson(world, 'Юля Рядомова', ['freelancer']),
  ]);
  const guest = new Api(world);
  const put = async (api: Api, fields: object) => {
    const ifMatch = (await api.get('/me/profile')).headers.get('etag') ?? '';
    await api.patch('/me/profile', { visibility: 'public', country: 'RU', ...fields }, { ifMatch });
    await world.drain();
  };
  await put(master, {
    headline: 'Художник воздушных шаров',
    about: 'Рисую аэростаты и стратостаты.',
    skills: [{ key: 'logo', level: 'expert' }],
    styles: [{ key: 'minimalism', level: 'expert' }],
    hourlyRate: RUB(1_500),
  });
  await put(other, { headline: 'Чертёжник стратостатов', hourlyRate: RUB(3_000) });
  const found = async (query: Record<string, string>, by = guest) =>
    (await find(by, 'freelancers', query)).items.map((one: { userId: string }) => one.userId) as string[];
  // E3: the profile reached the search, by word forms and facts.
  await guest.until(`/freelancers?${new URLSearchParams({ q: 'стратостат' })}`, (body) => body.items.length === 2);
  expect(await found({ q: 'стратостат', rateMax: '200000', currency: 'RUB' })).toEqual([master.userId]);
  expect(await found({ q: 'стратостат', skill: 'logo', style: 'minimalism', country: 'RU' })).toEqual([master.userId]);
  expect(await found({ q: 'стратостат', sort: 'rate' })).toHaveLength(2);
  const body = await find(guest, 'freelancers', { q: 'стротостатов', sort: 'relevance' });
  expect(body.corrected).toEqual({ from: 'стротостатов', to: 'стратостатов' });
  // In the headline it weighs more than in what is told about oneself.
  expect(body.items.map((one: { userId: string }) => one.userId)).toEqual([other.userId, master.userId]);
  expect(body.items[0].why.map((one: { field: string }) => one.field)).toContain('headline');
  expect(body.facets.total.count).toBe(2);
  await put(other, { visibility: 'signed_in' });
  expect(await found({ q: 'стратостат' })).toEqual([master.userId]);
  expect(await found({ q: 'стратостат' }, master)).toHaveLength(2);
  await put(other, { visibility: 'hidden' });
  expect(await found({ q: 'стратостат' }, master)).toEqual([master.userId]);
}

async function kept(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const [client, me, other] = await Promise.all([
    clientWith(world, 'Дина Публикова', admin, 5_000),
    newPerson(world, 'Егор Ждущий', ['freelancer']),
    newPerson(world, 'Алла Чужая', ['freelancer']),
  ]);
  const save = async (query: object, frequency: string) =>
    (await me.post('/me/saved-searches', { name: `Мой ${frequency}`, query, frequency })).body.savedSearchId as string;
  const instant = await save({ q: 'самовары' }, 'instant');
  const daily = await save({ q: 'патефон' }, 'daily');
  await me.post('/me/saved-searches', { name: 'Всё', query: {} }, { expect: 400 });
  await other.get(`/me/saved-searches/${instant}`, { expect: 404 });
  await other.delete(`/me/saved-searches/${instant}`, { expect: 404 });
  const first = await published(client, { title: 'Самовар для витрины' });
  await published(client, { title: 'Чайник для витрины' });
  await published(client, { title: 'Самовар для своих', access: 'invited' });
  await told(me, 'search_found', first);
  await mailTo(world, me.email, { text: 'Самовар для витрины' });
  const shown = (await me.get(`/me/saved-searches/${instant}`)).body;
  expect(shown.found).toBe(1);
  // Switched off it tells no more; what a daily one finds waits for the morning.
  const { headers } = await me.get(`/me/saved-searches/${instant}`);
  await me.patch(`/me/saved-searches/${instant}`, { frequency: 'off' }, { ifMatch: headers.get('etag') ?? '' });
  await me.patch(`/me/saved-searches/${instant}`, { name: 'Поздно' }, { ifMatch: '"1"', expect: 412 });
  await published(client, { title: 'Самовар для музея' });
  await published(client, { title: 'Патефон для музея' });
  await world.drain();
  const finds = async () => (await me.get('/notifications?type=searches&limit=100')).body.items as { text: string }[];
  expect(await finds()).toHaveLength(1);
  await published(client, { title: 'Патефоны для лавки' });
  for (let morning = 0; morning < 2; morning++) await runNow(world, 'orders', 'tellSavedSearches');
  const [both, ...others] = await finds();
  expect(others).toHaveLength(1);
  for (const title of ['Патефон для музея', 'Патефоны для лавки']) expect(both?.text).toContain(title);
  expect((await me.get(`/me/saved-searches/${daily}`)).body.found).toBe(2);
  await me.delete(`/me/saved-searches/${daily}`);
  await me.get(`/me/saved-searches/${daily}`, { expect: 404 });
}

export const searches: readonly Walk[] = [
  {
    name: 'O3: search: word forms in Russian and English, typos, tags, ranges, facets, sorts, and why a hit is here',
    async run(world) {
      const of = await fair(world);
      await words(of);
      await filters(of);
    },
  },
  { name: 'L5: pages stay stable while orders are published', run: pages },
  { name: 'E3, U7: freelancers are found by what they changed, and only by whom they allow', run: people },
  { name: 'O3: saved searches tell of new orders at once, and stay the own', run: kept },
];
