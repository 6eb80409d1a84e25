import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import { rebuilt, status, transaction } from './events.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
});
afterAll(() => platform?.close());

const own = async (userId: string, timeZone = 'UTC') =>
  (await platform.call('analytics', 'getOwnStatistics', { user: person({ userId }), query: { timeZone } })).body;

test('a freelancer: views, response rate, hires, income; a client: orders, hires, time to hire, spending', async () => {
  const [client, freelancer, other] = [randomUUID(), randomUUID(), randomUUID()];
  const orders = [randomUUID(), randomUUID(), randomUUID()] as const;
  const hour = (n: number) => new Date(platform.clock.nowMs() + n * 3_600_000);
  const bid = { title: 'x', clientId: client, price: { amount: '1', currency: 'RUB' }, first: true };
  for (const [orderId, hired] of [
    [orders[0], 4],
    [orders[1], 10],
    [orders[2], undefined],
  ] as const) {
    const move = (from: string | null, to: string, at: number, more = {}) =>
      platform.publish('orders.order.status-changed.v1', orderId, status(orderId, from, to, client, more), {
        time: hour(at),
      });
    await move(null, 'draft', 0);
    await move('draft', 'published', 1);
    await platform.publish('orders.invitation.sent.v1', orderId, {
      invitationId: randomUUID(),
      orderId,
      title: 'x',
      clientId: client,
      freelancerId: freelancer,
    });
    if (hired === undefined) continue;
    await platform.publish('orders.response.submitted.v1', randomUUID(), {
      ...bid,
      responseId: randomUUID(),
      orderId,
      freelancerId: freelancer,
    });
    await move('published', 'in_progress', hired, { freelancerId: orderId === orders[0] ? freelancer : other });
  }
  await platform.publish(
    'payments.transaction.posted.v1',
    randomUUID(),
    transaction('escrow_split', [
      ['escrow', client, '-10000'],
      ['available', freelancer, '5401'],
      ['commission', null, '600'],
      ['available', client, '3999'],
    ]),
  );
  await platform.publish(
    'payments.transaction.posted.v1',
    randomUUID(),
    transaction('client_bonus', [
      ['available', client, '-77'],
      ['available', freelancer, '77'],
    ]),
  );
  const today = platform.clock.now().toISOString().slice(0, 10);
  for (const viewer of ['a', 'b', 'a'])
    await platform.publish('users.profile.viewed.v1', freelancer, { userId: freelancer, viewer, day: today });
  await platform.drain();
  const { asFreelancer, months } = await own(freelancer);
  expect(asFreelancer).toEqual({
    views: 2,
    viewsBefore: 0,
    invitations: 3,
    responses: 2,
    responseRate: 667,
    hires: 1,
    completed: 0,
    income: [{ amount: '5478', currency: 'RUB' }],
  });
  expect(months).toHaveLength(12);
  expect(months.at(-1)).toMatchObject({ views: 2, income: [{ amount: '5478', currency: 'RUB' }] });
  expect((await own(client)).asClient).toEqual({
    orders: 3,
    published: 3,
    hires: 2,
    completed: 0,
    timeToHire: 6 * 3600,
    spent: [{ amount: '6078', currency: 'RUB' }],
  });
  expect(await own(randomUUID())).toMatchObject({
    asFreelancer: { views: 0, responseRate: null },
    asClient: { orders: 0 },
  });
  expect(await rebuilt(platform)).toMatchObject({ equal: true });
});
