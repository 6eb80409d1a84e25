import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { pathOf } from '../domain/searches.ts';
import { type Fixture, fixture } from './fixture.ts';

/** News of saved searches. */
let fix: Fixture;
beforeAll(async () => {
  fix = await fixture();
}, 120_000);
afterAll(() => fix?.close());

const match = (userId: string, of: object = {}) => {
  const orders = [{ orderId: newId(), title: 'Логотип пекарни' }];
  return {
    userId,
    savedSearchId: newId(),
    name: 'Логотипы',
    query: { q: 'логотип' },
    frequency: 'instant',
    total: 1,
    orders,
    ...of,
  };
};
const publish = (matches: object[], id = newId()) =>
  fix.publish('orders.saved-search.matched.v1', { batchId: newId(), matches }, { id });

test('in the app and by mail, in the language of each, once; the address leads to the order or to the search', async () => {
  const [ru, en] = [fix.someone({ locale: 'ru' }), fix.someone({ locale: 'en' })];
  const one = match(ru.userId);
  const many = match(en.userId, {
    name: 'Logos',
    total: 7,
    orders: [
      { orderId: newId(), title: 'A' },
      { orderId: newId(), title: 'B' },
    ],
    query: { q: 'logo', tag: ['tea'] },
  });
  const id = newId();
  await publish([one, many], id);
  await publish([one, many], id);
  const mail = await fix.mailTo(ru.email);
  expect(mail.subject).toBe('Новые заказы по поиску «Логотипы»: 1');
  expect(mail.text).toContain(`/orders/${one.orders[0]?.orderId}`);
  const english = await fix.mailTo(en.email);
  expect(english.subject).toBe('New orders for the search “Logos”: 7');
  expect(english.text).toContain('«A», «B» and 5 more');
  await fix.settled();
  for (const { userId } of [ru, en]) expect(await fix.deliveries(userId)).toHaveLength(1);
  const { body } = await fix.as(en.userId, 'listNotifications', { query: {} });
  expect(body.items).toMatchObject([{ type: 'searches', event: 'search_found', link: '/orders?q=logo&tag=tea' }]);
});

test('a digest leads to each of the orders', async () => {
  const reader = fix.someone();
  await fix.as(reader.userId, 'putPreferences', { ifMatch: '"0"', body: { digest: 'hourly' } });
  const savedSearchId = newId();
  const found = [1, 2].map(() => match(reader.userId, { savedSearchId }));
  for (const one of found) {
    await publish([one]);
    await fix.settled();
  }
  await fix.platform.advance(61 * 60_000);
  const mail = await fix.mailTo(reader.email);
  for (const { orders } of found) expect(mail.text).toContain(`/orders/${orders[0]?.orderId}`);
});

test('the address carries the budget in whole units', () => {
  const of = match(newId(), { query: { category: 'texts', budgetMin: '150000', budgetMax: '90000', currency: 'JPY' } });
  expect(pathOf([], 2, of.query as never)).toBe('/orders?category=texts&min=150000&max=90000');
  expect(pathOf([], 2, { budgetMin: '150000' } as never)).toBe('/orders?min=1500');
});
