/** The story's second half: what happens when people do not agree, and how the platform is run. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { type Chapter, DRAFT, PASSWORD, RUB, type Story } from './deal.ts';
import { Api } from './api.ts';
import { ADMIN, mailTo } from './world.ts';

/** A member of staff is invited and comes. */
export async function joinSupport({ admin, support, world }: Story): Promise<void> {
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  await admin.post('/admin/staff/invitations', {
    email,
    displayName: 'Сотрудник Поддержки',
    roles: ['support'],
    locale: 'ru',
    reason: 'новый сотрудник',
  });
  const invitation = await mailTo(world, email);
  const token = /token=([\w-]{20,})/.exec(invitation.text ?? '')?.[1];
  await support.post(
    '/invitations/acceptance',
    { token, password: PASSWORD, consents: JOINING_EXAMPLE },
    { key: false },
  );
  await world.drain();
  await support.signIn(email, PASSWORD);
}

export const complaint: Chapter = {
  name: '8. A complaint about a review: assigned, answered, reopened, escalated; the admin has it deleted',
  async run(story) {
    const { freelancer, client, admin, support, world, reviewId } = story;
    await joinSupport(story);
    const ticket = (
      await freelancer.post('/tickets', {
        kind: 'review',
        subject: 'Несправедливый отзыв',
        text: 'Отзыв не о моей работе, прошу удалить его.',
        reviewId,
      })
    ).body;
    story.ticketId = ticket.ticketId;
    const path = `/tickets/${story.ticketId}`;
    await support.until('/support/queue', (body) => JSON.stringify(body).includes(story.ticketId));
    await support.post(`${path}/assignment`, { assigneeId: 'self' });
    const context = (await support.get(`${path}/context`)).body;
    expect(JSON.stringify(context)).toContain('Андрей Мастеров');
    await support.post(`${path}/messages`, { text: 'Отзыв соответствует правилам.' });
    await freelancer.until(path, (body) => JSON.stringify(body).includes('"answered"'));
    await freelancer.post(`${path}/reopening`, { reason: 'Не согласен: отзыв о другом исполнителе.' });
    await support.post(`${path}/escalation`, { reason: 'Спорный случай, решает администратор.' });
    await admin.until('/admin/escalations', (body) => JSON.stringify(body).includes(story.ticketId));
    await admin.post(`/admin/escalations/${story.ticketId}/decision`, {
      decision: { kind: 'delete_review', ground: 'not_about_deal', justification: 'Отзыв относится к другой работе.' },
    });
    await world.drain();
    await freelancer.until(`/people/${freelancer.userId}/reviews`, (body) => body.items.length === 0);
    const { slug } = (await freelancer.get('/me/profile')).body;
    await freelancer.until(`/profiles/${slug}`, (profile) => profile.reviewCount === 0);
    await mailTo(world, client.email, { text: 'другой работе' });
    await freelancer.until('/notifications', (body) => body.items.length > 0);
  },
};

/** A deal of 4,000.00 between the two. */
async function runningDeal(story: Story, title: string): Promise<string> {
  const { client, freelancer, world } = story;
  const { orderId } = (await client.post('/orders', { ...DRAFT, title })).body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  const { responseId } = (
    await freelancer.post(`/orders/${orderId}/responses`, { price: RUB(4_000), days: 3, letter: 'Баннер за три дня.' })
  ).body;
  await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress');
  await world.drain();
  return orderId;
}

/** The same, disputed by the client. */
async function disputedDeal(story: Story, title: string): Promise<{ orderId: string; ticketId: string }> {
  const { client, freelancer } = story;
  const orderId = await runningDeal(story, title);
  const terms = (await client.get(`/support/dispute-terms?orderId=${orderId}`)).body;
  expect(terms).toMatchObject({ appealDays: 7, claim: RUB(4_000), fee: null });
  const about = { kind: 'dispute', subject: 'Работа не та', text: 'Исполнитель пропал и не отвечает.', orderId };
  const { ticketId } = (await client.post('/tickets', about)).body;
  await client.until(`/orders/${orderId}`, (order) => order.status === 'disputed');
  await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Поздно' }, { expect: 409 });
  return { orderId, ticketId };
}

async function available({ freelancer }: Story): Promise<bigint> {
  return BigInt((await freelancer.get('/me/accounts')).body.items[0].available.amount);
}

export const dispute: Chapter = {
  name: '8b. A dispute: the deal is frozen, support looks at it all and divides the money, both accept',
  async run(story) {
    const { client, freelancer, support } = story;
    const { orderId, ticketId } = await disputedDeal(story, 'Баннер для кофейни');
    await support.post(`/tickets/${ticketId}/assignment`, { assigneeId: 'self' });
    const context = JSON.stringify((await support.get(`/tickets/${ticketId}/context`)).body);
    for (const part of ['Ольга Заказчикова', 'Баннер для кофейни', '400000', 'dispute'])
      expect(context).toContain(part);
    const before = await available(story);
    await support.post(`/tickets/${ticketId}/ruling`, {
      outcome: 'split',
      freelancerAmount: RUB(1_000),
      reason: 'Сделана четверть работы.',
    });
    await client.post(`/tickets/${ticketId}/ruling/acceptance`);
    expect((await client.get(`/orders/${orderId}`)).body.status).toBe('disputed');
    await freelancer.post(`/tickets/${ticketId}/ruling/acceptance`);
    await client.until(`/orders/${orderId}`, (order) => order.status === 'split' && order.funding === 'settled');
    expect((await available(story)) - before).toBe(90_000n);
  },
};

export const appealed: Chapter = {
  name: '8c. An appeal: the money waits, another person decides, and it moves once',
  async run(story) {
    const { client, freelancer, support, admin, world } = story;
    const { orderId, ticketId } = await disputedDeal(story, 'Баннер для пекарни');
    const before = await available(story);
    const ruling = { outcome: 'refund', freelancerAmount: RUB(0), reason: 'Работы нет.' };
    await support.post(`/tickets/${ticketId}/ruling`, ruling);
    await mailTo(world, freelancer.email, { subject: 'обжаловать' });
    await freelancer.post(`/tickets/${ticketId}/ruling/appeal`, { reason: 'Макеты лежат в переписке с первого дня.' });
    await client.post(`/tickets/${ticketId}/ruling/acceptance`, undefined, { expect: 409 });
    expect((await client.get(`/orders/${orderId}`)).body.status).toBe('disputed');
    await admin.until('/admin/escalations?status=open', (body) => JSON.stringify(body).includes(ticketId));
    await admin.post(`/admin/escalations/${ticketId}/decision`, {
      decision: { kind: 'ruling', outcome: 'release', freelancerAmount: RUB(4_000), reason: 'Макеты сданы в срок.' },
    });
    await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
    expect((await available(story)) - before).toBe(360_000n);
    expect((await freelancer.get(`/tickets/${ticketId}`)).body).toMatchObject({ dispute: 'ruled', status: 'resolved' });
  },
};

export const administration: Chapter = {
  name: '9. The admin changes commission and price from a date, edits a template, sees dashboards, blocks the freelancer',
  async run(story) {
    const { admin, freelancer, client, world } = story;
    const day = 86_400_000;
    const tomorrow = new Date(world.now().getTime() + day).toISOString();
    for (const [key, value] of [
      ['payments.commission', { bps: 2000, min: RUB(0), byCategory: {} }],
      ['payments.placement-fee', RUB(200)],
    ] as const) {
      const setting = await admin.get(`/admin/settings/${key}`);
      await admin.put(
        `/admin/settings/${key}`,
        { value, actsFrom: tomorrow, reason: 'Новые условия с завтрашнего дня' },
        { ifMatch: setting.headers.get('etag') ?? '' },
      );
    }
    await world.drain();
    expect((await client.get('/terms?price=1000000')).body).toMatchObject({
      placementFee: RUB(100),
      commission: RUB(1_000),
    });
    await world.advance(day + 60_000);
    await admin.signIn(ADMIN.email, ADMIN.password);
    await Promise.all([client.refresh(), freelancer.refresh()]);
    expect((await client.get('/terms?price=1000000')).body).toMatchObject({
      placementFee: RUB(200),
      commission: RUB(2_000),
    });
    const templates = (await admin.get('/admin/templates')).body.items;
    const template = templates.find(
      (one: { locale: string; key: string }) => one.locale === 'ru' && /response/.test(one.key),
    );
    const texts = { subject: `Проверка: ${template.subject}`, html: template.html, text: template.text };
    const saved = await admin.put(
      `/admin/templates/${template.key}/ru`,
      { ...texts, reason: 'Проверка шаблона' },
      { ifMatch: `"${template.version}"` },
    );
    expect(saved.status).toBe(200);
    await admin.post(`/admin/templates/${template.key}/ru/test`, texts);
    await mailTo(world, ADMIN.email, { subject: 'Проверка' });
    await admin.post(
      '/admin/notices',
      {
        recipientIds: [client.userId],
        title: { ru: 'Работы ночью', en: 'Work at night' },
        text: { ru: 'Ночью будут технические работы.', en: 'There will be maintenance.' },
        critical: false,
        reason: 'Плановые работы',
      },
      { expect: [200, 201, 202, 400] },
    );
    await dashboards(story);
    await block(story);
  },
};

/** The money on the dashboards is the ledger's, to the kopeck. */
async function dashboards({ admin, world }: Story): Promise<void> {
  await world.drain();
  const from = new Date(world.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10);
  const to = new Date(world.now().getTime() + 86_400_000).toISOString().slice(0, 10);
  const { body } = await admin.get(`/analytics/dashboards/finance?from=${from}&to=${to}&timeZone=UTC`);
  const total = (metric: string) => body.panels.find((panel: { metric: string }) => panel.metric === metric)?.total;
  const ledger = (await admin.get('/transactions?limit=100')).body.items as {
    postings: { account: string; amount: { amount: string } }[];
  }[];
  const sum = (account: string) =>
    ledger
      .flatMap((one) => one.postings)
      .filter((posting) => posting.account === account)
      .reduce((all, posting) => all + BigInt(posting.amount.amount), 0n)
      .toString();
  expect({ commission: total('commission'), fees: total('placement_fees'), escrow: total('escrow_held') }).toEqual({
    commission: sum('commission'),
    fees: sum('placement_fees'),
    escrow: sum('escrow'),
  });
  const report = await admin.get(`/admin/reports/file?report=finance&from=${from}&to=${to}&format=xlsx`);
  expect(Buffer.from(report.body).subarray(0, 2).toString()).toBe('PK');
  const board = await admin.get(`/admin/dashboard?name=overview&from=${from}&to=${to}`, { expect: [200, 400] });
  expect(board.status).toBe(200);
}

/** The very next request with the old token is refused, the sockets are closed, the log shows who did it. */
async function block(story: Story): Promise<void> {
  const { admin, freelancer, client, world } = story;
  const socket = await freelancer.socket();
  await freelancer.get('/me/profile');
  const orderId = await runningDeal(story, 'Логотип для чайной');
  const block = { rule: 'fraud', reason: 'Чужие работы в портфолио', until: null, deals: 'freeze' };
  await admin.post(`/admin/users/${freelancer.userId}/block`, block);
  freelancer.refreshToken = undefined;
  expect((await freelancer.get('/me/profile', { expect: 401 })).body.code).toBe('unauthenticated');
  expect(await socket.closed()).toBe(4401);
  const credentials = { email: freelancer.email, password: PASSWORD };
  await freelancer.post('/sessions', credentials, { expect: 401 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'disputed');
  await world.drain();
  await mailTo(world, freelancer.email, { text: '/blocked' });
  const guest = new Api(world);
  const { appealToken } = (await guest.post('/sessions/block', credentials, { key: false })).body;
  expect((await guest.post('/block-appeals/view', { token: appealToken }, { key: false })).body.reason).toContain(
    'Чужие',
  );
  await guest.get('/me/profile', { headers: { authorization: `Bearer ${appealToken}` }, expect: 401 });
  await guest.post('/block-appeals', { token: appealToken, text: 'Это мои работы, вот исходники.' }, { key: false });
  const { items: appeals } = (await admin.get('/admin/block-appeals')).body;
  const path = `/admin/block-appeals/${appeals[0].appealId}/decision`;
  // Who blocked does not decide; that he may lift the block himself is another matter.
  await admin.post(path, { decision: 'keep', reason: 'Проверено' }, { expect: 409 });
  await admin.post(`/admin/users/${freelancer.userId}/unblock`, { reason: 'Исходники подтверждают авторство' });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress');
  await freelancer.signIn(freelancer.email, PASSWORD);
  const held = async () => BigInt((await client.get('/me/accounts')).body.items[0].available.amount);
  const before = await held();
  await admin.post(`/admin/users/${freelancer.userId}/block`, { ...block, deals: 'cancel' });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'cancelled' && order.funding === 'settled');
  expect((await held()) - before).toBe(400_000n);
  freelancer.refreshToken = undefined;
  await world.drain();
  const log = (await admin.get('/admin/audit-log?limit=100')).body.items as { action: string }[];
  const actions = log.map((entry) => entry.action).join(' ');
  expect(actions).toMatch(/block/);
  expect(actions).toMatch(/setting/);
  expect(actions).toMatch(/template/);
}
