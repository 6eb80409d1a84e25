/** What the platform takes and gives: fees on both sides by category and role, terms that a deal keeps, bonuses, adjustments (P3–P5, M7, M12). */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { Api } from '../api.ts';
import { PASSWORD, RUB } from '../deal.ts';
import { codeIn, mailTo, type World } from '../world.ts';
import {
  accept,
  clientWith,
  grant,
  type Parties,
  parties,
  published,
  purse,
  respond,
  running,
  setting,
} from './parties.ts';
import { newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

const minor = (amount: bigint | number) => ({ amount: String(amount), currency: 'RUB' }) as const;
const terms = async (api: Api, category: string, price: number) =>
  (await api.get(`/terms?category=${category}&price=${price}`)).body;

async function completed({ client, master, world }: Omit<Parties, 'admin'>, orderId: string): Promise<void> {
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  await world.drain();
}

async function fees(world: World): Promise<void> {
  const of = await parties(world, 50_000);
  const { client, master, admin } = of;
  const none = minor(0);
  const back = [
    await setting(admin, 'payments.commission', {
      bps: 1_000,
      min: minor(5_000),
      byCategory: { 'web-design': 500 },
      byRole: {},
    }),
    await setting(admin, 'payments.client-fee', { bps: 300, min: none, byCategory: { 'web-design': 125 }, byRole: {} }),
  ];
  try {
    expect(await terms(client, 'logo-design', 1_000_000)).toMatchObject({
      commission: minor(100_000),
      freelancerGets: minor(900_000),
      clientFee: minor(30_000),
      clientPays: minor(1_030_000),
    });
    // An odd price in the cheaper category: rounded down to the kopeck, nothing is lost.
    const odd = 123_457;
    const seen = await terms(client, 'web-design', odd);
    expect(seen).toMatchObject({ commission: minor(6_172), freelancerGets: minor(117_285), clientFee: minor(1_543) });
    expect(await terms(client, 'logo-design', 20_000)).toMatchObject({ commission: minor(5_000) });
    const orderId = await published(client, { title: 'Сайт с нечётной ценой', category: 'web-design' });
    const responseId = await respond(master, orderId, { price: minor(odd) });
    const path = `/orders/${orderId}/responses/${responseId}`;
    for (const side of [client, master])
      expect((await side.get(path)).body.arithmetic).toMatchObject({
        commission: seen.commission,
        toFreelancer: seen.freelancerGets,
        clientFee: seen.clientFee,
        clientPays: seen.clientPays,
      });
    const before = await purse(client);
    await accept(client, orderId, responseId);
    expect(await purse(client)).toMatchObject({ available: before.available - 125_000n, escrow: 125_000n });
    // Everything becomes dearer while the deal runs; it keeps its terms, a new one does not.
    await setting(admin, 'payments.commission', { bps: 2_000, min: none, byCategory: {}, byRole: { freelancer: 700 } });
    await setting(admin, 'payments.client-fee', { bps: 900, min: none, byCategory: {}, byRole: { client: 200 } });
    for (const side of [client, master])
      expect((await side.get(`/orders/${orderId}`)).body.terms).toMatchObject({
        commissionBps: 500,
        clientFeeBps: 125,
        toFreelancer: minor(117_285),
      });
    await completed(of, orderId);
    expect((await purse(master)).available).toBe(117_285n);
    expect(await purse(client)).toMatchObject({ available: before.available - 125_000n, escrow: 0n });
    // By role both sides pay less than anybody: 7 % and 2 %.
    const second = await running(of, { title: 'Логотип по роли' });
    expect((await client.get(`/orders/${second}`)).body.terms).toMatchObject({ commissionBps: 700, clientFeeBps: 200 });
    expect((await purse(client)).escrow).toBe(1_020_000n);
    await completed(of, second);
    expect((await purse(master)).available).toBe(117_285n + 930_000n);
    const { items } = (await admin.get(`/transactions?orderId=${orderId}&limit=100`)).body;
    for (const { postings } of items)
      expect(
        postings.reduce((sum: bigint, one: { amount: { amount: string } }) => sum + BigInt(one.amount.amount), 0n),
      ).toBe(0n);
  } finally {
    for (const putBack of back) await putBack();
  }
}

/** Somebody whom another person brought. */
async function brought(world: World, by: Api, name: string): Promise<Api> {
  const api = new Api(world);
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  const person = { email, password: PASSWORD, displayName: name, roles: ['freelancer'], locale: 'ru', country: 'RU' };
  await api.post('/registrations', { ...person, consents: JOINING_EXAMPLE, referrerId: by.userId }, { expect: 202 });
  await world.drain();
  const mail = await mailTo(world, email);
  await api.signIn(email, PASSWORD);
  await api.post('/email-confirmations', { email, code: codeIn(mail) }, { key: false });
  await world.drain();
  await api.until('/me/rights', (rights) => rights.roles.join() === 'freelancer');
  await api.refresh();
  return api;
}

async function bonuses(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const [client, friend] = await Promise.all([
    clientWith(world, 'Тая Премиальная', admin, 50_000),
    newPerson(world, 'Друг Приводящий', ['freelancer']),
  ]);
  const master = await brought(world, friend, 'Новый Приведённый');
  const back = [
    await setting(admin, 'payments.first-order-bonus', minor(30_000)),
    await setting(admin, 'payments.referral-bonus', minor(20_000)),
  ];
  try {
    const of = { world, client, master, admin };
    await completed(of, await running(of, { title: 'Первый заказ' }));
    expect((await purse(master)).available).toBe(900_000n + 30_000n);
    expect((await purse(friend)).available).toBe(20_000n);
    // The second order brings neither again.
    await completed(of, await running(of, { title: 'Второй заказ' }));
    expect((await purse(master)).available).toBe(1_830_000n);
    expect((await purse(friend)).available).toBe(20_000n);
  } finally {
    for (const putBack of back) await putBack();
  }
  // P5 by grant, and the client's own; the statement names each, its owner is told.
  await grant(admin, master, 7);
  expect((await purse(master)).available).toBe(1_830_700n);
  const kinds = (await master.get('/me/statement?limit=100&kind=platform_bonus')).body.items;
  expect(kinds.map((one: { amount: { amount: string } }) => one.amount.amount)).toEqual(['700', '30000']);
  await master.until('/notifications?type=money&limit=100', (body) =>
    body.items.some((one: { event: string }) => one.event === 'money_in'),
  );
  await master.post('/bonuses', { userId: master.userId, amount: RUB(1), reason: 'себе' }, { expect: 403 });
}

/** M12: above the set sum one admin alone moves nothing. */
async function fourEyes(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const person = await clientWith(world, 'Гена Исправленный', admin, 0);
  const second = await secondAdmin(world, admin);
  const ask = (rubles: number, expected = 201) =>
    admin.post(
      '/adjustments',
      { userId: person.userId, amount: minor(Math.round(rubles * 100)), reason: 'Ошибка провайдера' },
      { expect: expected },
    );
  const small = (await ask(500)).body;
  expect(small).toMatchObject({ status: 'posted', approvedBy: null });
  expect((await purse(person)).available).toBe(50_000n);
  const large = (await ask(10_000.01)).body;
  expect(large.status).toBe('waiting_for_approval');
  expect((await purse(person)).available).toBe(50_000n);
  const alone = await admin.post(`/adjustments/${large.adjustmentId}/approval`, undefined, { expect: 403 });
  expect(alone.body.code).toBe('payments.own_adjustment');
  const waiting = (await second.get('/adjustments?status=waiting_for_approval')).body.items;
  expect(waiting).toContainEqual(expect.objectContaining({ adjustmentId: large.adjustmentId }));
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      second.post(`/adjustments/${large.adjustmentId}/approval`, undefined, { expect: [200, 404, 409] }),
    ),
  );
  expect(answers.some((one) => one.status === 200)).toBe(true);
  await world.drain();
  expect((await purse(person)).available).toBe(1_050_001n);
  const tooMuch = await ask(-1, 201);
  expect(tooMuch.body.status).toBe('posted');
  const below = await admin.post(
    '/adjustments',
    { userId: person.userId, amount: minor(-900_000), reason: 'Почти всё назад' },
    {},
  );
  expect(below.body.status).toBe('posted');
  const none = await admin.post(
    '/adjustments',
    { userId: person.userId, amount: minor(-200_000), reason: 'Больше, чем есть' },
    { expect: 409 },
  );
  expect(none.body.code).toBe('payments.not_enough_money');
  expect((await purse(person)).available).toBe(149_901n);
  // The audit log has who asked, who approved, and why (P4).
  await world.drain();
  const { items } = (await admin.get('/admin/audit-log?limit=100')).body;
  const reason = 'Ошибка провайдера';
  for (const entry of [
    { action: 'payments.adjustment-requested', actorId: admin.userId, targetId: person.userId, reason },
    { action: 'payments.adjustment', actorId: second.userId, reason },
    { action: 'payments.adjustment', actorId: admin.userId, reason },
  ])
    expect(items).toContainEqual(expect.objectContaining(entry));
}

/** One more admin, invited. */
async function secondAdmin(world: World, admin: Api): Promise<Api> {
  const api = new Api(world);
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  const invitation = { email, displayName: 'Второй Админ', roles: ['admin'], locale: 'ru', reason: 'вторая пара глаз' };
  await admin.post('/admin/staff/invitations', invitation);
  const token = /token=([\w-]{20,})/.exec((await mailTo(world, email)).text ?? '')?.[1];
  await api.post('/invitations/acceptance', { token, password: PASSWORD, consents: JOINING_EXAMPLE }, { key: false });
  await world.drain();
  await api.signIn(email, PASSWORD);
  return api;
}

export const feesAndGifts: readonly Walk[] = [
  {
    name: 'P3, P4, M7: fees of both sides by category and role, told before they bind to the kopeck; a running deal keeps its terms',
    run: fees,
  },
  { name: 'P5: bonuses by rule once each, by grant, and none by oneself', run: bonuses },
  { name: 'M12: an adjustment above the set sum waits for a second admin; below zero none goes', run: fourEyes },
];
