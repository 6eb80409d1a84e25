import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, type Market, openMarket, RUB } from './market.ts';

const PRICE = 400_000n;
let market: Market;
beforeAll(async () => {
  market = await openMarket();
});
afterAll(() => market?.close());

/** A deal that runs, one of whose parties is blocked as the administration chose. */
async function blockedDeal(deals: 'leave' | 'freeze' | 'cancel', who: 'client' | 'freelancer' = 'freelancer') {
  const [client, freelancer] = [await market.client(), await market.freelancer()];
  const { orderId, dueAt } = await market.started(client, freelancer, PRICE);
  const { userId } = who === 'client' ? client : freelancer;
  const id = randomUUID();
  // Twice: the second delivery has no effect.
  for (let times = 0; times < 2; times++)
    await market.platform.publish(
      'users.user.blocked.v1',
      userId,
      { userId, actorId: randomUUID(), until: null, deals },
      { id },
    );
  await market.platform.drain();
  const read = async () => await market.read(orderId, client);
  return { client, freelancer, orderId, dueAt, read };
}
const resume = (orderId: string) =>
  market.platform.call('orders', 'resumeDeal', {
    caller: 'support',
    params: { orderId },
    body: { actorId: null, ticketId: randomUUID() },
  });
const frozen = (orderId: string) => market.seen('orders.deal.frozen.v1').filter((one) => one.subject === orderId);

describe('running deals of a blocked person', () => {
  test('left: they go on', async () => {
    const { read, orderId } = await blockedDeal('leave');
    expect((await read()).status).toBe('in_progress');
    await expect(resume(orderId)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('frozen once; nothing moves; they go on with their clocks moved, once', async () => {
    const { read, orderId, freelancer, dueAt } = await blockedDeal('freeze');
    expect((await read()).status).toBe('disputed');
    expect(frozen(orderId)).toMatchObject([{ data: { blockedId: freelancer.userId, held: RUB(PRICE) } }]);
    await expect(market.act('deliverOrder', freelancer, orderId, { text: 'Готово' })).rejects.toMatchObject({
      code: 'orders.not_now',
    });
    await market.platform.advance(2 * DAY);
    await resume(orderId);
    const after = await read();
    expect(after.status).toBe('in_progress');
    if (dueAt) expect(Date.parse(after['dueAt']) - Date.parse(dueAt)).toBeGreaterThanOrEqual(2 * DAY);
    await expect(resume(orderId)).rejects.toMatchObject({ code: 'conflict' });
    await market.checkBooks();
  });

  test('cancelled: all that is held goes back to the client, once, also when he is who was blocked', async () => {
    for (const who of ['freelancer', 'client'] as const) {
      const { client, freelancer, read } = await blockedDeal('cancel', who);
      expect((await read()).status).toBe('cancelled');
      expect(await market.money(client)).toMatchObject({ escrow: 0n });
      expect(await market.money(freelancer)).toMatchObject({ available: 0n });
      await market.checkBooks();
    }
  });
});
