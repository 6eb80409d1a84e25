import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import { admin, rebuilt, status } from './events.ts';

let platform: TestPlatform;
const today = () => platform.clock.now().toISOString().slice(0, 10);

beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
});
afterAll(() => platform?.close());

async function panels(
  name: string,
): Promise<Map<string, { total: string | null; parts: { key: string; value: string }[] }>> {
  const { body } = await platform.call('analytics', 'getDashboard', {
    user: admin,
    params: { name },
    query: { from: today(), to: today(), timeZone: 'UTC' },
  });
  return new Map(body.panels.map((panel: { metric: string }) => [panel.metric, panel]));
}

test('E13, F2, F3: statuses converge whatever the order and however often they come', async () => {
  const orderId = randomUUID();
  const clientId = randomUUID();
  const events = [
    status(orderId, null, 'draft', clientId),
    status(orderId, 'draft', 'awaiting_payment', clientId),
    status(orderId, 'awaiting_payment', 'published', clientId),
  ].map((data) => ({ id: randomUUID(), data }));
  for (const { id, data } of [...events].reverse())
    for (let i = 0; i < 3; i++) await platform.publish('orders.order.status-changed.v1', orderId, data, { id });
  await platform.drain();
  const orders = await panels('orders');
  expect(orders.get('orders_by_status')?.parts).toEqual([{ key: 'published', title: 'Опубликован', value: '1' }]);
  expect(orders.get('orders_published')?.total).toBe('1');
  expect(orders.get('funnel')?.parts).toContainEqual({ key: 'published', title: 'Опубликован', value: '1' });
});

test('E14: money figures come from the postings alone', async () => {
  const [client, freelancer] = [randomUUID(), randomUUID()];
  const post = (kind: string, postings: [string, string | null, string][]) =>
    platform.publish('payments.transaction.posted.v1', randomUUID(), {
      transactionId: randomUUID(),
      kind,
      orderId: null,
      at: platform.clock.now().toISOString(),
      postings: postings.map(([account, userId, amount]) => ({ account, userId, amount: { amount, currency: 'RUB' } })),
    });
  await post('topup', [
    ['provider_clearing', null, '-1000000'],
    ['available', client, '1000000'],
  ]);
  await post('escrow_hold', [
    ['available', client, '-500000'],
    ['escrow', client, '500000'],
  ]);
  await post('escrow_release', [
    ['escrow', client, '-500000'],
    ['available', freelancer, '450000'],
    ['commission', null, '50000'],
  ]);
  await platform.drain();
  const finance = await panels('finance');
  expect(finance.get('topups')?.total).toBe('1000000');
  expect(finance.get('gmv')?.total).toBe('500000');
  expect(finance.get('commission')?.total).toBe('50000');
  expect(finance.get('escrow_held')?.total).toBe('0');
  expect(finance.get('take_rate')?.total).toBe('100');
  const own = await platform.call('analytics', 'getOwnStatistics', { user: person({ userId: freelancer }) });
  expect(own.body.asFreelancer.income).toEqual([{ amount: '450000', currency: 'RUB' }]);
});

test('F2, F3: shuffled and repeated events end in the figures that a rebuild in order gives', async () => {
  const [orderId, clientId, chosen] = [randomUUID(), randomUUID(), randomUUID()];
  const ticketId = randomUUID();
  const at = (minutes: number) => new Date(platform.clock.now().getTime() + minutes * 60_000);
  const order = (minutes: number, from: string | null, to: string, more: object = {}) => ({
    type: 'orders.order.status-changed.v1',
    subject: orderId,
    time: at(minutes),
    data: { ...status(orderId, from, to, clientId), ...more },
  });
  const rated = (minutes: number, satisfaction: number | null, from: string | null, to: string) => ({
    type: 'support.ticket.changed.v1',
    subject: ticketId,
    time: at(minutes),
    data: {
      ticketId,
      number: 1,
      kind: 'question',
      subject: 'x',
      authorId: clientId,
      assigneeId: null,
      orderId: null,
      from,
      to,
      action: 'x',
      actorId: null,
      notify: [],
      at: at(minutes).toISOString(),
      firstAnswerSeconds: null,
      resolutionSeconds: null,
      satisfaction,
    },
  });
  const events = [
    order(0, null, 'draft'),
    order(1, 'draft', 'published', { category: 'code' }),
    order(2, 'published', 'in_progress', { category: 'code', freelancerId: randomUUID() }),
    order(3, 'in_progress', 'completed', { category: 'texts', freelancerId: chosen }),
    rated(4, null, null, 'new'),
    rated(5, 2, 'new', 'resolved'),
    rated(6, 5, 'resolved', 'closed'),
  ].map((event) => ({ ...event, id: randomUUID() }));
  // The latest come first: what is told again must not be overwritten by what is older.
  const shuffled = [...events, ...events, ...events].sort((a, b) => b.time.getTime() - a.time.getTime());
  for (const { type, subject, data, id, time } of shuffled) {
    await platform.publish(type, subject, data, { id, time });
    await platform.drain();
  }
  const { sql } = await import('#kit/db/db.ts');
  const known = await platform
    .ctx('analytics')
    .db.one(sql`select category, freelancer_id as freelancer from order_facts where order_id = ${orderId}`);
  expect(known).toEqual({ category: 'texts', freelancer: chosen });
  const ticket = await platform
    .ctx('analytics')
    .db.one(sql`select satisfaction from ticket_facts where ticket_id = ${ticketId}`);
  expect(ticket).toEqual({ satisfaction: 5 });
  expect(await rebuilt(platform)).toMatchObject({ state: 'done', equal: true, differing: [] });
});

test('sums of two currencies are never added up: each has its panel', async () => {
  const user = randomUUID();
  const topup = (currency: string, amount: string) =>
    platform.publish('payments.transaction.posted.v1', randomUUID(), {
      transactionId: randomUUID(),
      kind: 'topup',
      orderId: null,
      at: platform.clock.now().toISOString(),
      postings: [
        { account: 'provider_clearing', userId: null, amount: { amount: `-${amount}`, currency } },
        { account: 'available', userId: user, amount: { amount, currency } },
      ],
    });
  await topup('USD', '700');
  await platform.drain();
  const { body } = await platform.call('analytics', 'getDashboard', {
    user: admin,
    params: { name: 'finance' },
    query: { from: today(), to: today(), timeZone: 'UTC' },
  });
  const topups = body.panels.filter((panel: { metric: string }) => panel.metric === 'topups');
  expect(topups.map((panel: { currency: string; total: string }) => [panel.currency, panel.total])).toEqual([
    ['RUB', '1000000'],
    ['USD', '700'],
  ]);
});

test('active people of the last day, week and month of a period, each once', async () => {
  const day = (ago: number) => new Date(Date.UTC(2025, 5, 30, 12) - ago * 86_400_000);
  const [often, weekly, monthly] = [randomUUID(), randomUUID(), randomUUID()];
  for (const [userId, ago] of [
    [often, 0],
    [often, 1],
    [weekly, 6],
    [monthly, 29],
    [randomUUID(), 30],
  ] as const)
    await platform.publish(
      'auth.session.started.v1',
      userId,
      { userId, sessionId: randomUUID(), factors: [] },
      { time: day(ago) },
    );
  await platform.drain();
  const { body } = await platform.call('analytics', 'getDashboard', {
    user: admin,
    params: { name: 'overview' },
    query: { from: '2025-06-30', to: '2025-06-30', timeZone: 'UTC' },
  });
  const total = (metric: string) => body.panels.find((panel: { metric: string }) => panel.metric === metric)?.total;
  expect([total('active_day'), total('active_week'), total('active_month')]).toEqual(['1', '2', '3']);
});

test('the event store refuses changes by the service itself', async () => {
  const { sql } = await import('#kit/db/db.ts');
  await expect(platform.ctx('analytics').db.run(sql`delete from events`)).rejects.toThrow(/permission denied/);
});

test('I25, B5: reports as CSV, XLSX and PDF', async () => {
  for (const [format, head] of [
    ['csv', '\ufeff'],
    ['xlsx', 'PK'],
    ['pdf', '%PDF'],
  ] as const) {
    const { body, headers } = await platform.call('analytics', 'getReportFile', {
      caller: 'admin',
      query: { report: 'finance', from: today(), to: today(), format, timeZone: 'UTC', locale: 'ru' },
    });
    expect(body.toString('utf8').startsWith(head)).toBe(true);
    expect(headers['content-disposition']).toContain(`.${format}`);
  }
});

test('a range that is too long, upside down or nowhere is refused', async () => {
  const ask = (query: object) =>
    platform.call('analytics', 'getDashboard', {
      user: admin,
      params: { name: 'overview' },
      query: { from: '2026-01-01', to: '2026-01-31', ...query },
    });
  await expect(ask({ to: '2036-01-01' })).rejects.toMatchObject({ code: 'analytics.range_too_long' });
  await expect(ask({ to: '2025-01-01' })).rejects.toMatchObject({ code: 'validation_failed' });
  await expect(ask({ timeZone: 'Mars/Olympus' })).rejects.toMatchObject({ code: 'analytics.time_zone_unknown' });
  await expect(
    platform.call('analytics', 'getDashboard', {
      user: person(),
      params: { name: 'overview' },
      query: { from: '2026-01-01', to: '2026-01-31' },
    }),
  ).rejects.toMatchObject({ code: 'forbidden' });
});
