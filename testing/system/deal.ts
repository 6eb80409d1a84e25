/**
 * The main job, as people live it, over the public API only: from registration to payout, through all eleven services.
 * Runs all in one and apart; each step can be followed by a fault.
 */
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { expect } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { Api, type LiveSocket } from './api.ts';
import { administration, appealed, complaint, dispute } from './deal-care.ts';
import { ADMIN, codeIn, mailTo, type World } from './world.ts';

export const PASSWORD = 'верный конь батарея скрепка';
export const RUB = (rubles: number) => ({ amount: String(Math.round(rubles * 100)), currency: 'RUB' });

export interface Story {
  readonly world: World;
  readonly client: Api;
  readonly freelancer: Api;
  readonly stranger: Api;
  readonly admin: Api;
  readonly support: Api;
  orderId: string;
  responseId: string;
  conversationId: string;
  reviewId: string;
  ticketId: string;
  socket: LiveSocket | undefined;
  /** Called at the moments when most is under way: right after what was asked for, before its effects are awaited. */
  fault?: (point: FaultPoint) => Promise<void>;
}

export type FaultPoint = 'publication' | 'response' | 'acceptance' | 'completion' | 'withdrawal';

export interface Chapter {
  readonly name: string;
  run(story: Story): Promise<void>;
}

export async function beginStory(world: World): Promise<Story> {
  const admin = new Api(world);
  await world.drain();
  await admin.signIn(ADMIN.email, ADMIN.password);
  return {
    world,
    admin,
    client: new Api(world),
    freelancer: new Api(world),
    stranger: new Api(world, 'en'),
    support: new Api(world),
    orderId: '',
    responseId: '',
    conversationId: '',
    reviewId: '',
    ticketId: '',
    socket: undefined,
  };
}

export async function registerAndConfirm(
  api: Api,
  of: { name: string; roles: string[]; locale: 'ru' | 'en' },
): Promise<void> {
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  await api.post(
    '/registrations',
    {
      consents: JOINING_EXAMPLE,
      email,
      password: PASSWORD,
      displayName: of.name,
      roles: of.roles,
      locale: of.locale,
      country: 'RU',
    },
    { expect: 202 },
  );
  await api.world.drain();
  // The account is made behind the answer; the mail says that it is there.
  const mail = await mailTo(api.world, email);
  await api.signIn(email, PASSWORD);
  // U1: the profile came from the event; unconfirmed, the person can look but not act.
  const profile = await api.until('/me/profile', (body) => body.displayName === of.name);
  expect(profile.emailConfirmed).toBe(false);
  expect((await api.post('/top-ups', { amount: RUB(10) }, { expect: 403 })).body.code).toBe('email_unconfirmed');
  // E2: the mail in the person's language.
  expect(/[а-я]/i.test(mail.subject ?? '')).toBe(of.locale === 'ru');
  await api.post('/email-confirmations', { email, code: codeIn(mail) }, { key: false });
  await api.world.drain();
  const wanted = [...of.roles].sort().join();
  await api.until('/me/rights', (rights) => rights.roles.sort().join() === wanted);
  await api.refresh();
}

export const registration: Chapter = {
  name: '1. A client and a freelancer register, confirm, sign in',
  async run({ client, freelancer, stranger }) {
    await registerAndConfirm(client, { name: 'Ольга Заказчикова', roles: ['client'], locale: 'ru' });
    await registerAndConfirm(freelancer, { name: 'Андрей Мастеров', roles: ['freelancer'], locale: 'ru' });
    await registerAndConfirm(stranger, { name: 'Sam Stranger', roles: ['freelancer', 'client'], locale: 'en' });
  },
};

export async function topUp(api: Api, rubles: number): Promise<void> {
  const { body } = await api.post('/top-ups', { amount: RUB(rubles) });
  expect(body.pageUrl).toMatch(/^http/);
  const { outside } = api.world;
  const found = await fetch(`${outside.providerUrl}/v1/payments?reference=${body.topupId}`, {
    headers: { authorization: `Bearer ${outside.providerKey}` },
  });
  const [payment] = ((await found.json()) as { items: { id: string }[] }).items;
  await fetch(`${outside.providerUrl}/v1/payments/${payment?.id}/simulate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${outside.providerKey}`, 'content-type': 'application/json' },
    body: '{"outcome":"pay"}',
  });
  await api.until(`/top-ups/${body.topupId}`, (topup) => topup.status === 'succeeded');
}

export const profiles: Chapter = {
  name: '2. The freelancer makes a profile with a portfolio, search finds him; the client tops up',
  async run({ client, freelancer, world }) {
    const { headers } = await freelancer.get('/me/profile');
    const edit = {
      headline: 'Дизайнер логотипов',
      about: 'Рисую **знаки** и фирменные стили.',
      skills: [{ key: 'logo', level: 'expert' }],
      styles: [{ key: 'minimalism', level: 'expert' }],
      hourlyRate: RUB(2000),
      visibility: 'public',
      country: 'RU',
    };
    await freelancer.patch('/me/profile', edit, { ifMatch: headers.get('etag') ?? '' });
    await freelancer.patch('/me/profile', edit, { ifMatch: headers.get('etag') ?? '', expect: 412 });
    const item = (await freelancer.post('/me/portfolio', { title: 'Логотип пекарни' })).body;
    const image = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#b5533c' } })
      .withExif({ IFD0: { Artist: 'canary-exif' } })
      .jpeg()
      .toBuffer();
    const withImage = (
      await freelancer.post(`/me/portfolio/${item.itemId}/images`, undefined, {
        bytes: image,
        contentType: 'image/jpeg',
      })
    ).body;
    await world.drain();
    const guest = new Api(world);
    const media = await guest.get(withImage.images[0].url.replace('/api/v1', ''));
    expect(media.headers.get('content-type')).toBe('image/webp');
    expect(Buffer.from(media.body).includes('canary-exif')).toBe(false);
    const hits = await guest.until('/freelancers?skill=logo&q=%D0%BB%D0%BE%D0%B3%D0%BE%D1%82%D0%B8%D0%BF', (body) =>
      body.items.some((hit: { userId: string }) => hit.userId === freelancer.userId),
    );
    const { slug } = hits.items.find((hit: { userId: string }) => hit.userId === freelancer.userId);
    const profile = (await guest.get(`/profiles/${slug}`)).body;
    expect(profile.portfolio).toHaveLength(1);
    expect(JSON.stringify(profile)).not.toContain('@example.com');
    await topUp(client, 20_000);
    expect((await client.get('/me/accounts')).body.items[0].available).toEqual(RUB(20_000));
  },
};

export const DRAFT = {
  title: 'Логотип для кофейни',
  description: 'Нужен логотип для небольшой кофейни в центре города, спокойные тона, три варианта.',
  category: 'logo-design',
  tags: ['кофе'],
  skills: ['logo'],
  styles: ['minimalism'],
  budget: { min: '500000', max: '1500000', currency: 'RUB' },
  deadline: null,
};

export const publication: Chapter = {
  name: '3. The client drafts, edits, publishes; without money it goes back to a draft',
  async run(story) {
    const { client, stranger } = story;
    const key = randomUUID();
    const created = await client.post('/orders', DRAFT, { key });
    expect((await client.post('/orders', DRAFT, { key })).body.orderId).toBe(created.body.orderId);
    expect((await client.post('/orders', { ...DRAFT, title: 'Другое название' }, { key, expect: 422 })).body.code).toBe(
      'idempotency_mismatch',
    );
    story.orderId = created.body.orderId;
    const etag = created.headers.get('etag') ?? '';
    const edited = await client.patch(
      `/orders/${story.orderId}`,
      { title: 'Логотип для кофейни «Зерно»' },
      { ifMatch: etag },
    );
    expect(edited.body.title).toContain('Зерно');
    expect(
      (
        await client.patch(
          `/orders/${story.orderId}`,
          { title: 'Поздно' + '!'.repeat(5) },
          { ifMatch: etag, expect: 412 },
        )
      ).body.code,
    ).toBe('version_mismatch');
    await client.patch(`/orders/${story.orderId}`, { title: 'Без версии' }, { expect: 428 });
    await stranger.get(`/orders/${story.orderId}`, { expect: 404 });
    const poor = (await stranger.post('/orders', DRAFT)).body.orderId;
    await stranger.post(`/orders/${poor}/publication`, undefined, { expect: 202 });
    const refused = await stranger.until(
      `/orders/${poor}`,
      (order) => order.status === 'draft' && order.refusal !== null,
    );
    expect(refused.refusal).toMatchObject({ code: 'not_enough_money', missing: RUB(100) });
    await stranger.delete(`/orders/${poor}`);
    await client.post(`/orders/${story.orderId}/publication`, undefined, { expect: 202 });
    await story.fault?.('publication');
    await client.until(`/orders/${story.orderId}`, (order) => order.status === 'published');
    expect((await client.get('/me/accounts')).body.items[0].available).toEqual(RUB(19_900));
  },
};

export const search: Chapter = {
  name: '4. Search finds the order by another word form, tag, budget, skill; a guest sees the public view',
  async run({ world, orderId, client }) {
    const guest = new Api(world);
    for (const query of [
      'q=логотипы',
      'q=кофейням&sort=relevance',
      'tag=кофе',
      'budgetMin=1000000',
      'skill=logo&category=logo-design',
    ]) {
      const { body } = await guest.get(`/orders?${new URLSearchParams(query)}`);
      expect(
        body.items.map((item: { orderId: string }) => item.orderId),
        query,
      ).toContain(orderId);
    }
    expect((await guest.get('/orders?q=самолёт')).body.items).toEqual([]);
    const order = (await guest.get(`/orders/${orderId}`)).body;
    expect(order.client.displayName).toBe('Ольга Заказчикова');
    expect([order.terms, order.refusal, order.deliveries, order.price]).toEqual([null, null, null, null]);
    expect(order.actions).toEqual([]);
    expect((await client.get(`/orders/${orderId}`)).body.actions.map((one: { name: string }) => one.name)).toContain(
      'cancel',
    );
  },
};

export const talk: Chapter = {
  name: '5. The freelancer responds, the client hears of it live and by mail, they talk; a third person finds nothing',
  async run(story) {
    const { client, freelancer, stranger, orderId, world } = story;
    story.socket = await client.socket();
    const response = (
      await freelancer.post(`/orders/${orderId}/responses`, {
        price: RUB(10_000),
        days: 7,
        letter: 'Сделаю три варианта и аккуратную подачу.',
      })
    ).body;
    story.responseId = response.responseId;
    if (story.fault) {
      await story.fault('response');
      story.socket = await client.socket();
    }
    if (!story.fault) await story.socket.wait((frame) => frame.type === 'notification');
    await mailTo(world, client.email, { text: 'Зерно' });
    await world.drain();
    const conversations = await freelancer.until('/conversations', (body) => body.items.length > 0);
    story.conversationId = conversations.items[0].conversationId;
    const path = `/conversations/${story.conversationId}`;
    const file = (
      await freelancer.post(`${path}/attachments?fileName=${encodeURIComponent('эскиз.txt')}`, undefined, {
        bytes: Buffer.from('эскиз логотипа'),
      })
    ).body;
    const messageId = randomUUID();
    const message = { messageId, text: 'Добрый день! Вот эскиз.', attachmentIds: [file.attachmentId] };
    await freelancer.post(`${path}/messages`, message);
    await freelancer.post(`${path}/messages`, message);
    await story.socket.wait((frame) => frame.type === 'message' && JSON.stringify(frame).includes(messageId));
    const history = (await client.get(`${path}/messages`)).body.items.filter(
      (one: { messageId: string }) => one.messageId === messageId,
    );
    expect(history).toHaveLength(1);
    const download = await client.get(`/attachments/${file.attachmentId}`);
    expect(Buffer.from(download.body).toString()).toBe('эскиз логотипа');
    expect(download.headers.get('content-disposition')).toMatch(/^attachment/);
    const whole = Buffer.from('эскиз логотипа');
    expect(download.headers.get('content-length')).toBe(String(whole.length));
    const part = await client.get(`/attachments/${file.attachmentId}`, {
      headers: { range: 'bytes=0-9', 'if-range': download.headers.get('etag') ?? '' },
    });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-9/${whole.length}`]);
    expect(Buffer.from(part.body).toString()).toBe('эскиз');
    await client.get(`/attachments/${file.attachmentId}`, { headers: { range: 'bytes=999-' }, expect: 416 });
    expect(download.headers.get('x-content-type-options')).toBe('nosniff');
    for (const secret of [
      path,
      `${path}/messages`,
      `/attachments/${file.attachmentId}`,
      `/orders/${orderId}/responses`,
      `/orders/${orderId}/history`,
    ])
      await stranger.get(secret, { expect: 404 });
    await stranger.post(`${path}/messages`, { messageId: randomUUID(), text: 'чужой' }, { expect: 404 });
    await stranger.post(`/orders/${orderId}/responses/${story.responseId}/acceptance`, undefined, { expect: 404 });
  },
};

export const acceptance: Chapter = {
  name: '6a. The client accepts: the price is held, the work begins',
  async run(story) {
    const { client, freelancer, orderId, responseId } = story;
    await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
    await story.fault?.('acceptance');
    await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress' && order.funding === 'held');
    expect((await client.get('/me/accounts')).body.items[0]).toMatchObject({
      available: RUB(9_900),
      escrow: RUB(10_000),
    });
    await freelancer.until('/notifications', (body) => JSON.stringify(body).includes('Зерно'));
  },
};

export const work: Chapter = {
  name: '6b. Delivery, a revision, delivery again',
  async run({ client, freelancer, orderId }) {
    const file = (
      await freelancer.post(`/orders/${orderId}/attachments?fileName=logo.svg`, undefined, {
        bytes: Buffer.from('<svg onload="alert(1)"/>'),
      })
    ).body;
    await freelancer.post(`/orders/${orderId}/deliveries`, {
      text: 'Первый вариант',
      attachmentIds: [file.attachmentId],
    });
    const served = await client.get(`/order-attachments/${file.attachmentId}`);
    expect(served.headers.get('content-type')).toBe('application/octet-stream');
    await client.post(`/orders/${orderId}/revisions`, { reason: 'Теплее цвет' });
    await freelancer.post(`/orders/${orderId}/completion`, {}, { expect: 409 });
    await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Второй вариант' });
  },
};

export const payout: Chapter = {
  name: '6c. The client accepts the work with a bonus: payout less commission, a statement that adds up to the kopeck',
  async run(story) {
    const { client, freelancer, orderId } = story;
    await client.post(`/orders/${orderId}/completion`, { bonus: RUB(500) });
    await story.fault?.('completion');
    await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
    expect((await client.get('/me/accounts')).body.items[0]).toMatchObject({ available: RUB(9_400), escrow: RUB(0) });
    expect((await freelancer.get('/me/accounts')).body.items[0].available).toEqual(RUB(9_500));
    for (const [api, balance] of [
      [client, 940_000n],
      [freelancer, 950_000n],
    ] as const) {
      const { items } = (await api.get('/me/statement?limit=100')).body;
      expect(
        items.reduce((sum: bigint, entry: { amount: { amount: string } }) => sum + BigInt(entry.amount.amount), 0n),
      ).toBe(balance);
      expect(items[0].balance.amount).toBe(balance.toString());
    }
    expect(
      Buffer.from((await client.get('/me/statement/file?format=pdf')).body)
        .subarray(0, 4)
        .toString(),
    ).toBe('%PDF');
  },
};

export const reviews: Chapter = {
  name: '7. Both review, double-blind; the rating reaches the profile; the freelancer withdraws money',
  async run(story) {
    const { client, freelancer, orderId, world } = story;
    const guest = new Api(world);
    const first = (
      await client.post(`/orders/${orderId}/reviews`, { rating: 2, text: 'Долго и невнимательно, хотя итог хороший.' })
    ).body;
    story.reviewId = first.reviewId;
    await world.drain();
    expect((await guest.get(`/people/${freelancer.userId}/reviews`)).body.items).toEqual([]);
    await freelancer.post(`/orders/${orderId}/reviews`, { rating: 5, text: 'Ясное задание, быстрая оплата.' });
    await guest.until(`/people/${freelancer.userId}/reviews`, (body) => body.items.length === 1);
    const { slug } = (await freelancer.get('/me/profile')).body;
    await guest.until(
      `/profiles/${slug}`,
      (profile) => profile.rating === 2 && profile.reviewCount === 1 && profile.record.asFreelancer.completed === 1,
    );
    const withdrawal = (
      await freelancer.post('/withdrawals', {
        amount: RUB(1_000),
        destination: { kind: 'card', token: '220000004242' },
      })
    ).body;
    expect(withdrawal.destination).toBe('********4242');
    await story.fault?.('withdrawal');
    await freelancer.until('/withdrawals', (body) => body.items[0].status === 'paid');
    expect((await freelancer.get('/me/accounts')).body.items[0]).toMatchObject({
      available: RUB(8_500),
      pendingWithdrawal: RUB(0),
    });
  },
};

export const books: Chapter = {
  name: '10. Trial balance zero, escrow equals open deals, no dead letters, nothing waits',
  async run({ world, admin }) {
    await world.drain();
    const { body } = await new Api(world).get('/ledger/invariants');
    expect(body).toMatchObject({ balanced: true, escrowEqualsDeals: true });
    await admin.until('/ledger/invariants', (books) => books.sealed === books.transactions);
    expect(await world.deadLetters()).toEqual([]);
  },
};

export const CHAPTERS: readonly Chapter[] = [
  registration,
  profiles,
  publication,
  search,
  talk,
  acceptance,
  work,
  payout,
  reviews,
  complaint,
  dispute,
  appealed,
  administration,
  books,
];
