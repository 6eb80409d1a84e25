/** What two replicas of a service must do once between them, seen from outside: repeated requests (M10), timers (M11). */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Api } from './api.ts';
import type { ApartWorld } from './apart.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB, topUp } from './deal.ts';

const DAY_MS = 86_400_000;

/** M10: forty requests with one key reach both replicas at once; one order comes of it. */
export async function repeatedRequests(world: ApartWorld): Promise<void> {
  const client = new Api(world);
  await registerAndConfirm(client, { name: 'Пётр Дважды', roles: ['client'], locale: 'ru' });
  const key = randomUUID();
  const body = { ...DRAFT, title: 'Один заказ из сорока запросов' };
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => client.post('/orders', body, { key, expect: [201, 409] })),
  );
  for (const { status, body: of } of answers) if (status === 409) expect(of.code).toBe('idempotency_in_progress');
  const made = new Set(answers.filter((one) => one.status === 201).map((one) => one.body.orderId));
  expect(made.size).toBe(1);
  // Both replicas know the answer, and refuse the key with another body.
  for (let i = 0; i < 4; i++) {
    expect(made).toContain((await client.post('/orders', body, { key, expect: 201 })).body.orderId);
    const other = await client.post('/orders', { ...body, title: 'Другое' }, { key, expect: 422 });
    expect(other.body.code).toBe('idempotency_mismatch');
  }
  const { items } = (await client.get('/me/orders')).body;
  expect(items.map((one: { title: string }) => one.title)).toEqual([body.title]);
}

/** M11: both replicas of orders are down when the review clocks of several deals run out; each ends once all the same. */
export async function timersAcrossRestart(world: ApartWorld): Promise<void> {
  const client = new Api(world);
  const master = new Api(world);
  await registerAndConfirm(client, { name: 'Анна Молчаливая', roles: ['client'], locale: 'ru' });
  await registerAndConfirm(master, { name: 'Борис Терпеливый', roles: ['freelancer'], locale: 'ru' });
  await topUp(client, 20_000);
  const orders: string[] = [];
  for (let i = 0; i < 3; i++) {
    const { orderId } = (await client.post('/orders', { ...DRAFT, title: `Заказ ${i} без ответа` })).body;
    await client.post(`/orders/${orderId}/publication`);
    await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
    const offer = { price: RUB(2_000), days: 3, letter: 'Сделаю за три дня.' };
    const { responseId } = (await master.post(`/orders/${orderId}/responses`, offer)).body;
    await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`);
    await master.until(`/orders/${orderId}`, (order) => order.status === 'in_progress' && order.funding === 'held');
    await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
    orders.push(orderId);
  }
  await world.drain();
  await world.kill('orders');
  // The time passes while nobody is there; both come back to clocks that ran out.
  await Promise.all([world.advance(15 * DAY_MS), world.revive('orders')]);
  await client.signIn(client.email, PASSWORD);
  await master.signIn(master.email, PASSWORD);
  let earned = 0;
  for (const orderId of orders) {
    const path = `/orders/${orderId}`;
    const order = await client.until(path, (now) => now.status === 'completed' && now.funding === 'settled');
    earned += Number(order.terms.toFreelancer.amount);
    const { items } = (await client.get(`/orders/${orderId}/history`)).body;
    const actions = items.map((one: { action: string }) => one.action);
    expect(actions.filter((action: string) => action === 'complete_by_silence')).toHaveLength(1);
  }
  await world.drain();
  // Three prices less the commission, each paid once.
  const { items } = (await master.get('/me/accounts')).body;
  expect(items[0].available).toEqual(RUB(earned / 100));
  expect(await world.deadLetters()).toEqual([]);
}
