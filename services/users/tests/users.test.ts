import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminEvents } from '#contracts/admin/events.ts';
import { authEvents } from '#contracts/auth/events.ts';
import { messengerEvents } from '#contracts/messenger/events.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { sql } from '#kit/db/db.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { RawCall } from '#kit/service/dispatch.ts';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
/** Events that users published, by type. */
// biome-ignore lint/suspicious/noExplicitAny: events are read as a subscriber would
const published: { type: string; sequence?: string; data: any }[] = [];
const locks: { userId: string; locked: boolean }[] = [];
let authAway = false;

beforeAll(async () => {
  platform = await bootPlatform({ services: ['users'] });
  const auth = platform.ctx('users').clients.auth as unknown as Record<string, unknown>;
  auth.lockUser = async ({ params, body }: { params: { userId: string }; body: { locked: boolean } }) => {
    if (authAway) throw new Problem('unavailable');
    locks.push({ userId: params.userId, locked: body.locked });
  };
  await platform.bus.subscribe({
    queue: 'watch',
    types: Object.values(usersEvents).map((one) => one.type),
    prefetch: 10,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        published.push(JSON.parse(delivery.raw.toString('utf8')));
        delivery.ack();
      }
    },
  });
  for (const [dictionary, keys] of [
    ['skills', ['logo', 'figma']],
    ['styles', ['minimalism']],
    ['countries', ['RU', 'KZ']],
  ] as const)
    await publishDictionary(dictionary, 1, keys);
  await platform.drain();
});
afterAll(() => platform?.close());

async function publishDictionary(dictionary: string, version: number, keys: readonly string[], deprecated = '') {
  await platform.publish(adminEvents.dictionaryChanged.type, randomUUID(), {
    dictionaryId: randomUUID(),
    dictionary,
    version,
    entries: keys.map((key, position) => ({
      key,
      title: { ru: key, en: key },
      parent: null,
      deprecated: key === deprecated,
      position,
    })),
  });
}

async function register(
  name = 'Анна Котова',
  roles: string[] = ['freelancer', 'client'],
): Promise<Principal & { slug: string }> {
  const user = person({ permissions: ['users.portfolio.edit'] });
  await platform.publish(authEvents.userRegistered.type, user.userId, {
    userId: user.userId,
    email: `${user.userId}@canary.example`,
    displayName: name,
    locale: 'ru',
    country: 'RU',
    phone: '+79161234567',
    timeZone: 'Europe/Moscow',
    roles,
    confirmed: false,
  });
  await platform.drain();
  return { ...user, slug: (await call(user, 'getOwnProfile')).body.slug };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read as an outsider would
type Answer = { status: number; code?: string; body: any; headers: Readonly<Record<string, string | string[]>> };
async function call(user: Principal | undefined, route: string, input: Partial<RawCall> = {}): Promise<Answer> {
  try {
    return await platform.call('users', route, { user, ...input });
  } catch (error) {
    if (isProblem(error)) return { status: 0, code: error.code, body: error, headers: {} };
    throw error;
  }
}

async function edit(user: Principal, body: unknown): Promise<Answer> {
  const { headers } = await call(user, 'getOwnProfile');
  return await call(user, 'editOwnProfile', { body, ifMatch: String(headers.etag) });
}

async function eventsOf(userId: string, type: string) {
  await platform.drain();
  return published.filter((one) => one.type === type && one.data.userId === userId);
}

function photo(width = 900, height = 700): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#36a' } })
    .withExif({ IFD0: { Copyright: 'Canary Owner' } })
    .jpeg()
    .toBuffer();
}

test('U1, U3, E1: the base profile comes from the registration, once; a confirmation that overtakes it waits', async () => {
  const userId = randomUUID();
  const confirmation = { userId, email: 'late@example.com' };
  await platform.publish(authEvents.emailConfirmed.type, userId, confirmation);
  const registration = {
    userId,
    email: 'late@example.com',
    displayName: 'Ёжиков Щукин',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['freelancer'],
    confirmed: false,
  };
  const id = randomUUID();
  for (let n = 0; n < 3; n++) await platform.publish(authEvents.userRegistered.type, userId, registration, { id });
  await platform.publish(authEvents.userRegistered.type, userId, registration);
  await platform.drain();
  const { body } = await call(person({ userId }), 'getOwnProfile');
  expect(body).toMatchObject({
    emailConfirmed: true,
    kinds: ['freelancer'],
    slug: expect.stringMatching(/^ezhikov-schukin-/),
  });
  expect(await eventsOf(userId, usersEvents.profileUpdated.type)).toHaveLength(1);
});

test('U2, U5, U6, E3: an edit needs the version, knows the dictionaries, and is told with what changed', async () => {
  const user = await register();
  const styles = [{ key: 'minimalism', level: 'expert' }];
  const languages = [
    { code: 'ru', level: 'native' },
    { code: 'en', level: 'conversational' },
  ];
  const skills = [
    { key: 'logo', level: 'beginner' },
    { key: 'logo', level: 'expert' },
  ];
  const edited = await edit(user, { headline: 'Логотипы', skills, styles, languages, city: 'Тверь' });
  expect(edited.body).toMatchObject({ headline: 'Логотипы', skills: [{ key: 'logo', level: 'expert' }], version: 2 });
  expect(edited.body).toMatchObject({ styles, languages });
  expect((await edit(user, { languages: [{ code: 'ru', level: 'expert' }] })).code).toBe('validation_failed');
  expect((await call(user, 'editOwnProfile', { body: { city: 'X' }, ifMatch: '"1"' })).code).toBe('version_mismatch');
  expect((await call(user, 'editOwnProfile', { body: { city: 'X' } })).code).toBe('version_required');
  expect((await edit(user, { skills: [{ key: 'nosuch', level: 'expert' }] })).code).toBe('users.unknown_key');
  expect((await edit(user, { country: 'XX' })).code).toBe('users.unknown_key');
  expect((await edit(user, { timeZone: 'Mars/Base' })).code).toBe('users.time_zone_unknown');
  for (const forbidden of [{ status: 'active' }, { userId: randomUUID() }, { rating: 5 }, { email: 'a@b.ru' }])
    expect((await edit(user, forbidden)).code).toBe('validation_failed');
  const told = await eventsOf(user.userId, usersEvents.profileUpdated.type);
  expect(told.map((one) => [one.sequence, one.data.changed.toSorted()])).toEqual([
    ['1', ['created']],
    ['2', ['city', 'headline', 'languages', 'skills', 'styles']],
  ]);
  expect(JSON.stringify(told)).not.toMatch(/canary|79161234567/);
});

test('a deprecated skill stays with whoever has it, and is not taken anew', async () => {
  const owner = await register();
  await edit(owner, { skills: [{ key: 'figma', level: 'expert' }] });
  await publishDictionary('skills', 3, ['logo', 'figma'], 'figma');
  await publishDictionary('skills', 2, ['logo', 'figma']);
  await platform.drain();
  expect((await edit(owner, { skills: [{ key: 'figma', level: 'beginner' }] })).status).toBe(200);
  expect((await edit(await register(), { skills: [{ key: 'figma', level: 'expert' }] })).code).toBe(
    'users.unknown_key',
  );
});

test('U7, Z3: visibility holds for everybody, fields for members too; the public view has no private field', async () => {
  const user = await register();
  const { slug } = user;
  const seen = async (by: Principal | undefined) => (await call(by, 'getProfile', { params: { slug } })).code ?? 'seen';
  await edit(user, {
    city: 'Тверь',
    hourlyRate: { amount: '250000', currency: 'RUB' },
    membersOnly: ['city', 'hourlyRate'],
  });
  const guest = await call(undefined, 'getProfile', { params: { slug } });
  expect(guest.body).toMatchObject({ displayName: 'Анна Котова', city: null, hourlyRate: null, country: 'RU' });
  expect(JSON.stringify(guest.body)).not.toMatch(/canary|\+7916|emailConfirmed|timeZone|version":2/);
  expect((await call(person(), 'getProfile', { params: { slug } })).body).toMatchObject({
    city: 'Тверь',
    hourlyRate: { amount: '250000' },
  });
  await edit(user, { visibility: 'signed_in' });
  expect([await seen(undefined), await seen(person())]).toEqual(['not_found', 'seen']);
  await edit(user, { visibility: 'hidden' });
  expect([await seen(undefined), await seen(person()), await seen(user)]).toEqual(['not_found', 'not_found', 'seen']);
  expect((await eventsOf(user.userId, usersEvents.profileUpdated.type)).at(-1)?.data.visibility).toBe('hidden');
});

test('an address of a profile belongs to one person', async () => {
  const [one, two] = [await register(), await register()];
  const races = await Promise.all([edit(one, { slug: 'anna-art' }), edit(two, { slug: 'anna-art' })]);
  expect(races.map((answer) => answer.code ?? 'ok').sort()).toEqual(['ok', 'users.slug_taken']);
  expect((await edit(one, { slug: 'admin-anna' })).code).toBe('users.slug_taken');
  expect((await edit(one, { slug: '../x' })).code).toBe('validation_failed');
});

test('B6: Markdown becomes HTML that only shows text', async () => {
  const user = await register();
  const about =
    '**Жирно** <script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](https://x.ru "t") <a href="data:text/html,x" onclick=x>c</a>\n\n# Заголовок';
  const { body } = await edit(user, { about });
  expect(body.about).toBe(about);
  expect(body.aboutHtml).toContain('<strong>Жирно</strong>');
  expect(body.aboutHtml).toContain('href="https://x.ru"');
  expect(body.aboutHtml).not.toMatch(/<script|<img|onerror|onclick|javascript:|data:/i);
});

test('T1, T3, T4: a photo is made anew: within its edge, WebP, no EXIF; the old one goes; floods and fakes are refused', async () => {
  const user = await register();
  const put = (body: Buffer, contentType = 'image/jpeg') => call(user, 'putAvatar', { body, contentType });
  const { body } = await put(await photo());
  const mediaId = body.avatarUrl.split('/').at(-1);
  const served = await call(undefined, 'getMedia', { params: { mediaId } });
  const meta = await sharp(served.body).metadata();
  expect(meta).toMatchObject({ format: 'webp', width: 512 });
  expect(meta).not.toHaveProperty('exif');
  expect(served.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-type': 'image/webp' });
  expect(String(served.headers['content-security-policy'])).toContain('sandbox');
  expect((await put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml')).code).toBe(
    'users.image_unreadable',
  );
  expect((await put(Buffer.from('<html>'), 'text/html')).code).toBe('unsupported_media_type');
  const flood = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  expect((await put(flood, 'image/png')).code).toBe('users.image_unreadable');
  expect((await put(await photo(100, 100))).status).toBe(200);
  await platform.drain();
  expect(await platform.ctx('users').files.get(`${mediaId}.webp`)).toBeUndefined();
  expect((await call(undefined, 'getMedia', { params: { mediaId } })).code).toBe('not_found');
  expect((await call(user, 'removeAvatar')).body.avatarUrl).toBeNull();
});

test('U4: works with images, their order and cover; nobody touches those of others', async () => {
  const user = await register();
  const items = [];
  for (const title of ['Кофейня', 'Пекарня'])
    items.push((await call(user, 'addPortfolioItem', { body: { title, link: 'https://x.ru', tags: ['лого'] } })).body);
  const [first, second] = items;
  const params = { itemId: first.itemId };
  const image = async () =>
    await call(user, 'addPortfolioImage', { params, body: await photo(2_000, 1_000), contentType: 'image/jpeg' });
  await image();
  const { images } = (await image()).body;
  expect(images).toMatchObject([{ width: 1600, height: 800 }, { width: 1600 }]);
  const imageIds = images.map((one: { imageId: string }) => one.imageId).reverse();
  const ordered = await call(user, 'orderPortfolioImages', { params, body: { imageIds } });
  expect(ordered.body.images.map((one: { imageId: string }) => one.imageId)).toEqual(imageIds);
  const swapped = await call(user, 'orderPortfolio', { body: { itemIds: [second.itemId, first.itemId] } });
  expect(swapped.body.items.map((one: { title: string }) => one.title)).toEqual(['Пекарня', 'Кофейня']);
  expect((await call(user, 'orderPortfolio', { body: { itemIds: [first.itemId] } })).code).toBe(
    'users.order_incomplete',
  );
  const stranger = await register('Пётр');
  const tries: [string, Partial<RawCall>][] = [
    ['editPortfolioItem', { params, body: { title: 'моё' }, ifMatch: '"1"' }],
    ['removePortfolioItem', { params }],
    ['orderPortfolioImages', { params, body: { imageIds } }],
    ['removePortfolioImage', { params: { ...params, imageId: imageIds[0] } }],
    ['addPortfolioImage', { params, body: await photo(), contentType: 'image/jpeg' }],
  ];
  for (const [route, input] of tries) expect((await call(stranger, route, input)).code, route).toBe('not_found');
  expect((await call(user, 'addPortfolioItem', { body: { title: 'x', link: 'javascript:alert(1)' } })).code).toBe(
    'validation_failed',
  );
  await call(user, 'removePortfolioItem', { params });
  await platform.drain();
  expect(await platform.ctx('users').files.get(`${imageIds[0]}.webp`)).toBeUndefined();
});

test('F3: ratings and records are equal whatever the order and number of deliveries', async () => {
  const client = await register('Клиент');
  const review = (targetId: string, rating: number) => ({
    reviewId: randomUUID(),
    orderId: randomUUID(),
    authorId: client.userId,
    targetId,
    targetKind: 'freelancer',
    rating,
  });
  const orders = [randomUUID(), randomUUID(), randomUUID()];
  const results = [];
  for (const reversed of [false, true]) {
    const freelancer = await register();
    const [good, bad] = [review(freelancer.userId, 5), review(freelancer.userId, 2)];
    const status = (orderId: string, to: string, more: object = {}) => ({
      type: ordersEvents.statusChanged.type,
      subject: orderId,
      data: {
        orderId: orderId.replace(/^./, reversed ? 'a' : 'b'),
        title: 'Заказ',
        category: 'design',
        clientId: client.userId,
        freelancerId: to === 'published' ? null : freelancer.userId,
        from: null,
        to,
        actorId: null,
        actorKind: 'system',
        action: to,
        reason: null,
        price: { amount: '3000000', currency: 'RUB' },
        deadline: null,
        onTime: null,
        ...more,
      },
    });
    const events = [
      { type: ordersEvents.reviewPublished.type, subject: good.reviewId, data: good },
      { type: ordersEvents.reviewPublished.type, subject: bad.reviewId, data: bad },
      {
        type: ordersEvents.reviewDeleted.type,
        subject: bad.reviewId,
        data: { ...bad, actorId: randomUUID(), justification: 'оскорбление в тексте' },
      },
      ...orders.map((orderId) => status(orderId, 'published')),
      ...orders
        .slice(0, 2)
        .flatMap((orderId, n) => [
          status(orderId, 'in_progress'),
          status(orderId, 'delivered', { onTime: true }),
          status(orderId, 'completed', { onTime: n === 0 }),
        ]),
    ];
    for (const event of reversed ? events.toReversed() : events) {
      const id = randomUUID();
      await platform.publish(event.type, event.subject, event.data, { id });
      await platform.publish(event.type, event.subject, event.data, { id });
      if (reversed) await platform.drain();
    }
    await platform.drain();
    const { body } = await call(undefined, 'getProfile', { params: { slug: freelancer.slug } });
    results.push([body.rating, body.reviewCount, body.record.asFreelancer]);
  }
  expect(results[0]).toEqual([5, 1, { completed: 2, onTime: 1, late: 1, repeatClients: 1, answersInHours: null }]);
  expect(results[1]).toEqual(results[0]);
  const { body } = await call(undefined, 'getProfile', { params: { slug: client.slug } });
  expect(body.record.asClient).toEqual({
    ordersPlaced: 6,
    hired: 4,
    completed: 4,
    hireRate: 67,
    spend: '50k_250k',
  });
});

test('F3: how soon a freelancer first answers follows from messages, whatever their order and number', async () => {
  const [client, freelancer] = [await register('Клиент'), await register()];
  const said = (conversationId: string, from: Principal, to: Principal, hour: number) => ({
    messageId: randomUUID(),
    conversationId,
    orderId: randomUUID(),
    orderTitle: 'Заказ',
    senderId: from.userId,
    recipientIds: [to.userId],
    hasAttachments: false,
    at: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
  });
  const [slow, quick, own, silent] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const messages = [
    said(slow, client, freelancer, 1),
    said(slow, client, freelancer, 3),
    said(slow, freelancer, client, 6),
    said(slow, freelancer, client, 20),
    said(quick, client, freelancer, 2),
    said(quick, freelancer, client, 4),
    // Whoever writes first has nothing to answer; whoever has not answered yet, no time.
    said(own, freelancer, client, 1),
    said(own, client, freelancer, 9),
    said(silent, client, freelancer, 1),
  ];
  const answers = async () =>
    (await call(undefined, 'getProfile', { params: { slug: freelancer.slug } })).body.record.asFreelancer
      .answersInHours;
  expect(await answers()).toBeNull();
  for (const message of [...messages.toReversed(), ...messages]) {
    await platform.publish(messengerEvents.messageSent.type, message.conversationId, message);
    await platform.drain();
  }
  // (5 + 2) / 2 hours, rounded up.
  expect(await answers()).toBe(4);
});

test('I23: a block ends the sessions before the answer, hides the profile, and is lifted at its end', async () => {
  const user = await register();
  const until = new Date(platform.clock.nowMs() + 3_600_000).toISOString();
  const block = (body: object) =>
    call(undefined, 'blockUser', {
      caller: 'admin',
      params: { userId: user.userId },
      body: { actorId: randomUUID(), reason: 'спам в откликах', until, ...body },
    });
  expect((await block({})).body).toMatchObject({ status: 'blocked', blockedUntil: until });
  expect(locks.at(-1)).toEqual({ userId: user.userId, locked: true });
  expect((await call(undefined, 'getProfile', { params: { slug: user.slug } })).code).toBe('not_found');
  expect((await eventsOf(user.userId, usersEvents.profileUpdated.type)).at(-1)?.data.visibility).toBe('hidden');
  await platform.advance(3_700_000);
  expect(await eventsOf(user.userId, usersEvents.userUnblocked.type)).toHaveLength(1);
  expect((await call(undefined, 'getProfile', { params: { slug: user.slug } })).status).toBe(200);
  authAway = true;
  expect((await block({ until: null })).body.status).toBe('blocked');
  authAway = false;
  expect(await eventsOf(user.userId, usersEvents.userBlocked.type)).toHaveLength(2);
  await platform.advance(30 * 86_400_000);
  expect((await call(undefined, 'getUser', { caller: 'admin', params: { userId: user.userId } })).body.status).toBe(
    'blocked',
  );
  expect((await call(undefined, 'blockUser', { caller: 'orders', params: { userId: user.userId } })).code).toBe(
    'forbidden',
  );
});

test('P2: erasure takes out every personal word and file, once, with an act that nobody can alter', async () => {
  const user = await register('Канарейка Иванова');
  await edit(user, { about: 'канарейка', headline: 'канарейка', city: 'Канарейск' });
  const avatar = (await call(user, 'putAvatar', { body: await photo(), contentType: 'image/jpeg' })).body.avatarUrl;
  await call(user, 'addPortfolioItem', {
    body: { title: 'канарейка' },
    idempotencyKey: 'канарейка'.replace(/./gu, 'k'),
  });
  const erase = () =>
    call(undefined, 'eraseUser', {
      caller: 'admin',
      params: { userId: user.userId },
      body: { actorId: randomUUID(), reason: 'по просьбе' },
    });
  const gone = (await erase()).body;
  expect(gone).toMatchObject({ status: 'erased', displayName: 'Удалённый пользователь', phone: null, avatarUrl: null });
  expect((await erase()).status).toBe(200);
  await platform.publish(authEvents.emailConfirmed.type, user.userId, { userId: user.userId, email: 'late@canary.ru' });
  await platform.drain();
  expect(await eventsOf(user.userId, usersEvents.userErased.type)).toHaveLength(1);
  const db = platform.ctx('users').db;
  for (const table of ['profiles', 'portfolio_items', 'media', 'idempotency', 'erasures', 'outbox']) {
    const rows = await db.many(sql`select query_to_xml(${`select * from ${table}`}, true, false, '')::text as dump`);
    expect(JSON.stringify(rows), table).not.toMatch(/канаре|late@canary/i);
    if (table === 'profiles') expect(JSON.stringify(rows)).not.toContain(`${user.userId}@canary`);
  }
  expect(await platform.ctx('users').files.get(`${avatar.split('/').at(-1)}.webp`)).toBeUndefined();
  await expect(db.run(sql`delete from erasures`)).rejects.toThrow(/permission denied/);
});

test('I14, I16, I17, I19: many people in one call; unknown ids are left out; contacts only for who sends', async () => {
  const [one, two] = [await register('Один'), await register('Два')];
  const ids = [one.userId, two.userId, randomUUID()].join();
  const people = (await call(undefined, 'getPeople', { caller: 'orders', query: { ids } })).body.items;
  expect(people).toHaveLength(2);
  expect(JSON.stringify(people)).not.toMatch(/canary|phone/);
  expect((await call(undefined, 'getContacts', { caller: 'orders', query: { ids } })).code).toBe('forbidden');
  const contacts = (await call(undefined, 'getContacts', { caller: 'notifications', query: { ids } })).body.items;
  expect(contacts[0]).toMatchObject({ email: expect.stringContaining('@canary'), phone: '+79161234567' });
  const bad = Buffer.from(JSON.stringify(['x', 'y'])).toString('base64url');
  expect((await call(undefined, 'listUsers', { caller: 'admin', query: { cursor: bad } })).code).toBe(
    'validation_failed',
  );
  const first = (await call(undefined, 'listUsers', { caller: 'admin', query: { limit: '1' } })).body;
  const next = (
    await call(undefined, 'listUsers', { caller: 'admin', query: { limit: '1', cursor: first.nextCursor } })
  ).body;
  expect(next.items[0].userId).not.toBe(first.items[0].userId);
});
