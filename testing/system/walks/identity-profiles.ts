/** Profiles, portfolios, records, personal data: what others see of a person, and what is his (U1–U7, P1, P2). */
import { unzipSync } from 'fflate';
import sharp from 'sharp';
import { expect } from 'vitest';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { SERVICES } from '#contracts/common/define.ts';
import { Api } from '../api.ts';
import { DRAFT, PASSWORD, RUB, topUp } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import { allSay, newAdmin, newPerson, smsCode } from './people.ts';
import type { Walk } from './walk.ts';

const BARE = { key: false } as const;
const JPEG = 'image/jpeg';

function photo(width: number, height: number, background = '#36a'): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .withExif({ IFD0: { Copyright: 'canary-owner' } })
    .jpeg()
    .toBuffer();
}

async function edit(person: Api, body: object, expected?: number) {
  const { headers } = await person.get('/me/profile');
  return await person.patch('/me/profile', body, {
    ifMatch: headers.get('etag') ?? '',
    ...(expected && { expect: expected }),
  });
}

/** An image as anybody gets it from a replica: new, WebP, without what the camera wrote into it. */
async function served(world: World, url: string) {
  const { body, headers } = await new Api(world).get(url);
  expect(headers.get('content-type')).toBe('image/webp');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain('sandbox');
  expect(Buffer.from(body).includes('canary-owner')).toBe(false);
  const meta = await sharp(body).metadata();
  expect(meta.format).toBe('webp');
  expect(meta.exif).toBeUndefined();
  return meta;
}

async function profile(world: World): Promise<void> {
  const master = await newPerson(world, 'Ольга Полная', ['freelancer']);
  const first = (await master.get('/me/profile')).body;
  expect(first).toMatchObject({
    kinds: ['freelancer'],
    completeness: { next: 'avatar' },
    slug: expect.stringMatching(/^olga-polnaya-/),
  });
  // B3: what is not his to set.
  for (const more of [
    { userId: crypto.randomUUID() },
    { status: 'active' },
    { rating: 5 },
    { email: 'a@b.ru' },
    { roles: ['admin'] },
    { emailConfirmed: true },
  ])
    expect((await edit(master, more, 400)).body.code).toBe('validation_failed');
  for (const [more, code] of [
    [{ skills: [{ key: 'no-such-skill', level: 'expert' }] }, 'users.unknown_key'],
    [{ timeZone: 'Mars/Base' }, 'users.time_zone_unknown'],
  ] as const)
    expect((await edit(master, more, 400)).body.code).toBe(code);
  // Each step brings it nearer to whole, the next best one is named.
  const seen: [number, string | null][] = [];
  const note = ({ body }: { body: any }) => seen.push([body.completeness.percent, body.completeness.next]);
  note(await master.put('/me/profile/avatar', undefined, { bytes: await photo(900, 700), contentType: JPEG }));
  note(
    await edit(master, { headline: 'Знаки и вывески', city: 'Тверь', timeZone: 'Europe/Samara', availability: 'busy' }),
  );
  note(await edit(master, { skills: [{ key: 'logo', level: 'expert' }] }));
  await master.post('/me/portfolio', { title: 'Знак пекарни' });
  note(await master.get('/me/profile'));
  const about = '**Жирно** <script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1))';
  note(await edit(master, { about }));
  note(await edit(master, { hourlyRate: RUB(2_000) }));
  const languages = [
    { code: 'ru', level: 'native' },
    { code: 'en', level: 'conversational' },
  ];
  note(await edit(master, { styles: [{ key: 'minimalism', level: 'expert' }], languages }));
  const phone = `+7998${Math.floor(1_000_000 + Math.random() * 8_999_999)}`;
  const code = await smsCode(world, phone, () => master.post('/me/phone', { phone }));
  await master.post('/me/phone/confirmation', { code }, BARE);
  const whole = await master.until('/me/profile', ({ completeness }) => completeness.next === null);
  expect(whole.completeness.percent).toBe(100);
  expect(seen.map(([, next]) => next)).toEqual([
    'headline',
    'skills',
    'portfolio',
    'about',
    'hourlyRate',
    'styles',
    'phone',
  ]);
  for (const [at, [percent]] of seen.entries()) if (at > 0) expect(percent).toBeGreaterThan(seen[at - 1]?.[0] ?? 0);
  // What anybody sees: no private field, Markdown that only shows text, the photo made anew.
  const { body: shown } = await new Api(world).get(`/profiles/${whole.slug}`);
  expect(shown).toMatchObject({
    displayName: 'Ольга Полная',
    city: 'Тверь',
    languages,
    availability: 'busy',
    hourlyRate: RUB(2_000),
  });
  expect(shown.aboutHtml).toContain('<strong>Жирно</strong>');
  expect(shown.aboutHtml).not.toMatch(/<script|<img|onerror|javascript:/i);
  for (const secret of [master.email, phone, 'timeZone', 'emailConfirmed', 'completeness', 'version":1'])
    expect(JSON.stringify({ ...shown, portfolio: [] })).not.toContain(secret);
  expect(await served(world, shown.avatarUrl)).toMatchObject({ width: 512 });
  // Both profiles in one account.
  await master.post('/me/roles', { role: 'client' });
  await edit(master, { kinds: ['freelancer', 'client'] });
  expect((await new Api(world).get(`/profiles/${whole.slug}`)).body.kinds.toSorted()).toEqual(['client', 'freelancer']);
}

async function portfolio(world: World): Promise<void> {
  const master = await newPerson(world, 'Пётр Образцов', ['freelancer']);
  const stranger = await newPerson(world, 'Чужой Мастер', ['freelancer']);
  const add = async (title: string) =>
    (
      await master.post('/me/portfolio', {
        title,
        description: 'Для кофейни',
        link: 'https://example.com/work',
        tags: ['лого'],
      })
    ).body;
  const [one, two] = [await add('Кофейня'), await add('Пекарня')];
  await master.post('/me/portfolio', { title: 'x', link: 'javascript:alert(1)' }, { expect: 400 });
  const images = `/me/portfolio/${one.itemId}/images`;
  const send = async (bytes: Buffer, contentType = JPEG, expected?: number) =>
    (await master.post(images, undefined, { bytes, contentType, ...(expected && { expect: expected }) })).body;
  await send(await photo(2_000, 1_000, '#b53'));
  await send(await photo(300, 200, '#253'));
  const three = await send(await photo(640, 480, '#4b4'));
  expect(three.images).toMatchObject([{ width: 1600, height: 800 }, { width: 300 }, { width: 640 }]);
  // T1, T3: what is no image, would run, or would flood the memory.
  expect((await send(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml', 400)).code).toBe(
    'users.image_unreadable',
  );
  expect((await send(Buffer.from('<html><script>'), 'image/png', 400)).code).toBe('users.image_unreadable');
  expect((await send(Buffer.from('<html>'), 'text/html', 415)).code).toBe('unsupported_media_type');
  const flood = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  expect((await send(flood, 'image/png', 400)).code).toBe('users.image_unreadable');
  // The order of images, the first is the cover; the order of works; each wants all, once.
  const imageIds = three.images.map((image: { imageId: string }) => image.imageId).reverse();
  const ordered = (await master.put(`${images}/order`, { imageIds })).body;
  expect(ordered.images.map((image: { imageId: string }) => image.imageId)).toEqual(imageIds);
  expect((await master.put(`${images}/order`, { imageIds: imageIds.slice(1) }, { expect: 409 })).body.code).toBe(
    'users.order_incomplete',
  );
  await master.put('/me/portfolio/order', { itemIds: [two.itemId, one.itemId] });
  await master.put('/me/portfolio/order', { itemIds: [one.itemId] }, { expect: 409 });
  await master.patch(
    `/me/portfolio/${two.itemId}`,
    { title: 'Булочная', tags: ['вывеска', 'лого'] },
    { ifMatch: `"${two.version}"`, expect: [200, 412] },
  );
  // Z2: nobody touches those of others.
  for (const act of [
    () => stranger.patch(`/me/portfolio/${one.itemId}`, { title: 'моё' }, { ifMatch: '"1"', expect: 404 }),
    () => stranger.delete(`/me/portfolio/${one.itemId}`, { expect: 404 }),
    () => stranger.put(`${images}/order`, { imageIds }, { expect: 404 }),
    () => stranger.delete(`${images}/${imageIds[0]}`, { expect: 404 }),
  ])
    await act();
  const { slug } = (await master.get('/me/profile')).body;
  const { body: shown } = await new Api(world).get(`/profiles/${slug}`);
  expect(shown.portfolio.map((item: { itemId: string }) => item.itemId)).toEqual([two.itemId, one.itemId]);
  expect(shown.portfolio[1]).toMatchObject({
    link: 'https://example.com/work',
    tags: ['лого'],
    images: [{ imageId: imageIds[0] }, {}, {}],
  });
  for (const image of shown.portfolio[1].images) await served(world, image.url);
  // What is removed is gone, for whoever kept the address.
  await master.delete(`${images}/${imageIds[0]}`);
  await world.drain();
  await new Api(world).get(shown.portfolio[1].images[0].url, { expect: 404 });
  await master.delete(`/me/portfolio/${one.itemId}`);
  expect((await master.get('/me/portfolio')).body.items).toHaveLength(1);
}

async function visibility(world: World): Promise<void> {
  const master = await newPerson(world, 'Вера Скрытная', ['freelancer']);
  const member = await newPerson(world, 'Член Площадки');
  const slug = `vera-${crypto.randomUUID().slice(0, 8)}`;
  await edit(master, {
    city: 'Тверь',
    country: 'RU',
    hourlyRate: RUB(2_500),
    membersOnly: ['city', 'hourlyRate'],
    slug,
  });
  const look = async (by: Api, expected: number | readonly number[] = [200, 404]) => {
    const answers = [];
    for (const _ of world.gateways) answers.push(await by.get(`/profiles/${slug}`, { expect: expected }));
    expect(new Set(answers.map(({ status }) => status)).size).toBe(1);
    return answers[0] as (typeof answers)[0];
  };
  const guest = new Api(world);
  expect((await look(guest)).body).toMatchObject({ country: 'RU', city: null, hourlyRate: null });
  expect((await look(member)).body).toMatchObject({ city: 'Тверь', hourlyRate: RUB(2_500) });
  for (const [level, seen] of [
    ['signed_in', [404, 200, 200]],
    ['hidden', [404, 404, 200]],
    ['public', [200, 200, 200]],
  ] as const) {
    await edit(master, { visibility: level });
    expect([(await look(guest)).status, (await look(member)).status, (await look(master)).status], level).toEqual(seen);
  }
  // An address belongs to one person, and is none of the platform's own.
  await edit(member, { slug }, 409);
  await edit(member, { slug: 'admin-vera' }, 409);
  await edit(member, { slug: '../x' }, 400);
  // E3: search follows.
  await edit(master, { skills: [{ key: 'logo', level: 'expert' }], headline: `Особый знак ${slug}` });
  const find = `/freelancers?q=${encodeURIComponent(slug)}`;
  await guest.until(find, ({ items }) => items.length === 1);
  await edit(master, { visibility: 'hidden' });
  await guest.until(find, ({ items }) => items.length === 0);
}

async function record(world: World): Promise<void> {
  const client = await newPerson(world, 'Кира Нанимающая');
  const master = await newPerson(world, 'Роман Успевающий', ['freelancer']);
  await topUp(client, 20_000);
  for (const title of ['Первый знак', 'Второй знак']) {
    const { orderId } = (await client.post('/orders', { ...DRAFT, title })).body;
    const path = `/orders/${orderId}`;
    await client.post(`${path}/publication`, undefined, { expect: 202 });
    await client.until(path, ({ status }) => status === 'published');
    const offer = { price: RUB(4_000), days: 5, letter: 'Сделаю за пять дней, как в прошлый раз.' };
    const { responseId } = (await master.post(`${path}/responses`, offer)).body;
    await client.post(`${path}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
    await client.until(path, ({ status, funding }) => status === 'in_progress' && funding === 'held');
    await master.post(`${path}/deliveries`, { text: 'Готово' });
    await client.post(`${path}/completion`, {});
    await client.until(path, ({ status }) => status === 'completed');
    await client.post(`${path}/reviews`, { rating: 5, text: 'Быстро, точно и без лишних вопросов.' });
    await master.post(`${path}/reviews`, { rating: 4, text: 'Ясное задание и честная приёмка.' });
  }
  // A third order without anybody hired.
  const { orderId } = (await client.post('/orders', { ...DRAFT, title: 'Без исполнителя' })).body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, ({ status }) => status === 'published');
  const guest = new Api(world);
  const slugOf = async (of: Api) => (await of.get('/me/profile')).body.slug;
  const his = await guest.until(
    `/profiles/${await slugOf(master)}`,
    (shown) => shown.record.asFreelancer.completed === 2 && shown.reviewCount === 2,
  );
  expect(his).toMatchObject({
    rating: 5,
    record: { asFreelancer: { completed: 2, onTime: 2, late: 0, repeatClients: 1 } },
  });
  const hers = await guest.until(
    `/profiles/${await slugOf(client)}`,
    (shown) => shown.record.asClient.ordersPlaced === 3 && shown.reviewCount === 2,
  );
  expect(hers).toMatchObject({
    rating: 4,
    record: { asClient: { hired: 2, completed: 2, hireRate: 67, spend: 'under_50k' } },
  });
}

async function personalData(world: World): Promise<void> {
  const person = await newPerson(world, 'Канарейка Архивная', ['freelancer', 'client']);
  const other = await newPerson(world, 'Чужая Особа');
  await edit(person, { about: 'канарейка-о-себе' });
  const { itemId } = (await person.post('/me/portfolio', { title: 'канарейка-работа' })).body;
  await person.post(`/me/portfolio/${itemId}/images`, undefined, { bytes: await photo(64, 48), contentType: JPEG });
  // Consents are a log.
  const { news } = CURRENT_TEXTS;
  for (const given of [true, false]) await person.post('/me/consents', { kind: 'news', version: news, given });
  const { items: consents } = (await person.get('/me/consents')).body;
  expect(consents.map(({ kind, given }: { kind: string; given: boolean }) => `${kind} ${given}`)).toEqual([
    'news false',
    'news true',
    'privacy true',
    'terms true',
  ]);
  // P1: one archive from every service, whichever replica makes it and serves it; one at a time; its owner's alone.
  const { exportId } = (await person.post('/me/exports', undefined, { expect: 202 })).body;
  expect((await person.post('/me/exports', undefined, { expect: 202 })).body.exportId).toBe(exportId);
  await person.until('/me/exports', ({ items }) => items[0].status === 'ready');
  await mailTo(world, person.email, { text: 'архив' });
  for (const _ of world.gateways) {
    const archive = await person.get(`/me/exports/${exportId}/archive`);
    const files = unzipSync(new Uint8Array(archive.body));
    for (const name of SERVICES.filter((one) => one !== 'gateway'))
      expect(Object.keys(files)).toContain(`${name}.json`);
    expect(Object.keys(files).filter((path) => path.startsWith('files/'))).toHaveLength(1);
    const read = (path: string) => Buffer.from(files[path] ?? []).toString('utf8');
    for (const word of ['канарейка-о-себе', 'канарейка-работа']) {
      expect(read('users.json')).toContain(word);
      expect(read('index.html')).toContain(word);
    }
    expect(read('users.json')).not.toContain(other.email);
  }
  await other.get(`/me/exports/${exportId}/archive`, { expect: 404 });
  // P2: asked for, called off, asked for again; after the grace nothing opens, and the act is in the audit log.
  const { slug } = (await person.get('/me/profile')).body;
  const asked = (await person.post('/me/erasure', undefined, { expect: 202 })).body;
  expect(Date.parse(asked.scheduledFor) - world.now().getTime()).toBeGreaterThan(13 * 86_400_000);
  expect((await person.delete('/me/erasure')).body.scheduledFor).toBeNull();
  await person.post('/me/erasure', undefined, { expect: 202 });
  await new Api(world).get(`/profiles/${slug}`, { expect: [200, 404] });
  await world.advance(14 * 86_400_000 + 60_000);
  const gone = { email: person.email, password: PASSWORD };
  expect((await new Api(world).post('/sessions', gone, { ...BARE, expect: 401 })).body.code).toBe(
    'auth.credentials_wrong',
  );
  await allSay(world, person.token, 'unauthenticated');
  await new Api(world).get(`/profiles/${slug}`, { expect: 404 });
  // Every service has done its part, an hour later the act says so.
  await world.advance(2 * 3_600_000);
  const admin = await newAdmin(world);
  await admin.until(`/admin/audit-log?action=users.erased&limit=20`, ({ items }) =>
    items.some(({ targetId }: { targetId: string }) => targetId === person.userId),
  );
  expect((await admin.get('/admin/audit-log/verification')).body).toMatchObject({ intact: true });
}

export const PROFILES: readonly Walk[] = [
  { name: 'U1–U3, U5, U6, B3: a profile step by step to a whole one; what anybody sees of it', run: profile },
  { name: 'U4, T1, T3, T4: works with images, their order, cover, links, tags', run: portfolio },
  { name: 'U7, Z3, E3: public, for members, hidden; fields for members; an address of one’s own', run: visibility },
  { name: 'U2: reputation and record follow from deals', run: record },
  { name: 'P1, P2: consents, an archive, an erasure with its grace and its act', run: personalData },
];
