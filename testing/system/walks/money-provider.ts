/** Money that comes and goes through the provider (P1–P3, E9, M6, M9): its pages, its callbacks, payouts, charge-backs, reconciliation. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { joinSupport } from '../deal-care.ts';
import { RUB, type Story } from '../deal.ts';
import type { World } from '../world.ts';
import { clientWith, type Parties, parties, purse, running, runNow, told } from './parties.ts';
import { newAdmin, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

/** A call of the provider's merchant API. */
async function provider({ outside }: World, path: string, body?: object): Promise<Response> {
  return await fetch(`${outside.providerUrl}/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${outside.providerKey}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function started(api: Api, rubles: number): Promise<{ topupId: string; pageUrl: string }> {
  return (await api.post('/top-ups', { amount: RUB(rubles) })).body;
}

/** The payer's browser: a button of the hosted page, and where it leads. */
async function press(pageUrl: string, outcome: string): Promise<string | null> {
  const form = { method: 'POST', body: new URLSearchParams({ outcome }), redirect: 'manual' } as const;
  return (await fetch(pageUrl, form)).headers.get('location');
}

async function pages(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const client = await clientWith(world, 'Пётр Платящий', admin, 0);
  const first = await started(client, 100);
  for (const [language, words] of [
    ['ru', 'Оплатить'],
    ['en', 'Pay'],
  ] as const) {
    const page = await (await fetch(`${first.pageUrl}?lang=${language}`)).text();
    expect(page).toContain(`lang="${language}"`);
    expect(page).toContain(words);
    expect(page.replaceAll(/\s|&nbsp;/g, ' ')).toMatch(/100[.,]00/);
  }
  expect(await press(first.pageUrl, 'pay')).toContain('/money');
  // Pressed again: the first press counted.
  await press(first.pageUrl, 'decline');
  await client.until(`/top-ups/${first.topupId}`, (topup) => topup.status === 'succeeded');
  const declined = await started(client, 200);
  await press(declined.pageUrl, 'decline');
  await client.until(`/top-ups/${declined.topupId}`, (topup) => topup.status === 'declined');
  await told(client, 'topup_failed', '');
  const twice = await started(client, 300);
  await press(twice.pageUrl, 'twice');
  const late = await started(client, 400);
  await press(late.pageUrl, 'late');
  for (const { topupId } of [twice, late])
    await client.until(`/top-ups/${topupId}`, (topup) => topup.status === 'succeeded');
  // M6: paid, then the connection breaks and nobody is told; the reconciliation finds it, once.
  const dropped = await started(client, 500);
  await press(dropped.pageUrl, 'drop').catch(() => null);
  await world.drain();
  expect((await client.get(`/top-ups/${dropped.topupId}`)).body.status).toBe('pending');
  await world.advance(2 * 60_000);
  await Promise.all([runNow(world, 'payments', 'reconcile'), runNow(world, 'payments', 'reconcile')]);
  await client.until(`/top-ups/${dropped.topupId}`, (topup) => topup.status === 'succeeded');
  await runNow(world, 'payments', 'reconcile');
  expect((await purse(client)).available).toBe(130_000n);
  await told(client, 'money_in', '');
  // Somebody else's top-up is nobody's.
  await admin.get(`/top-ups/${first.topupId}`, { expect: 404 });
}

/** Callbacks that nobody signed move nothing; sums that are none are refused. */
async function refused(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const client = await clientWith(world, 'Роман Отказов', admin, 10);
  const { topupId } = await started(client, 100);
  const event = {
    type: 'payment.succeeded',
    data: { id: randomUUID(), reference: topupId, amount: { value: '10000', currency: 'RUB' }, status: 'succeeded' },
  };
  const signature = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': 'v1,bWFkZSB1cA==',
  };
  const unsigned: Record<string, string>[] = [{}, signature];
  for (const headers of unsigned) {
    const forged = await client.post('/provider-callbacks/simulated', event, {
      headers,
      key: false,
      expect: [400, 401],
    });
    expect(forged.status).toBe(401);
  }
  await world.drain();
  expect((await client.get(`/top-ups/${topupId}`)).body.status).toBe('pending');
  const bad = [1.5, '1.5', '-100', '0', '9223372036854775808', '1e3', '', '00', null];
  for (const amount of [
    ...bad.map((one) => ({ amount: one, currency: 'RUB' })),
    { amount: '100', currency: 'ABC' },
    { amount: '100' },
    100,
  ]) {
    const destination = { kind: 'card', token: '****4242' };
    for (const [path, body] of [
      ['/top-ups', { amount }],
      ['/withdrawals', { amount, destination }],
    ] as const) {
      const answer = await client.post(path, body, { expect: 400 });
      expect(answer.body.code, JSON.stringify(body)).toBe('validation_failed');
    }
  }
  // A currency of which there is nothing.
  const dollars = { amount: { amount: '100', currency: 'USD' }, destination: { kind: 'card', token: '****4242' } };
  const answer = await client.post('/withdrawals', dollars, { expect: 409 });
  expect(answer.body.code).toBe('payments.not_enough_money');
  expect((await purse(client)).available).toBe(1_000n);
}

async function payouts(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const client = await clientWith(world, 'Инна Выводящая', admin, 1_000);
  const withdraw = async (rubles: number, token: string) =>
    (await client.post('/withdrawals', { amount: RUB(rubles), destination: { kind: 'card', token } })).body
      .withdrawalId;
  const statusOf = async (id: string) =>
    (await client.get('/withdrawals')).body.items.find((one: { withdrawalId: string }) => one.withdrawalId === id)
      .status;
  const ends = (id: string, status: string) =>
    client.until('/withdrawals', (body) =>
      body.items.some(
        (one: { withdrawalId: string; status: string }) => one.withdrawalId === id && one.status === status,
      ),
    );
  const paid = await withdraw(100, '220000004242');
  expect(['requested', 'sent', 'paid']).toContain(await statusOf(paid));
  await ends(paid, 'paid');
  const failed = await withdraw(200, '220000000002');
  await ends(failed, 'returned');
  // M6: taken, but never answered: asked for by reference, paid once.
  const dropped = await withdraw(300, '220000000069');
  await world.drain();
  await world.advance(15_000);
  await ends(dropped, 'paid');
  const { items } = (await (await provider(world, `payouts?reference=${dropped}`)).json()) as { items: unknown[] };
  expect(items).toHaveLength(1);
  expect(await purse(client)).toMatchObject({ available: 60_000n, pendingWithdrawal: 0n });
  await told(client, 'withdrawal_changed', '');
  const kinds = (await client.get('/me/statement?limit=100')).body.items.map((one: { kind: string }) => one.kind);
  expect(kinds.filter((one: string) => one === 'withdrawal_returned')).toHaveLength(1);
  expect(kinds.filter((one: string) => one === 'withdrawal_request')).toHaveLength(3);
}

/** The payer's bank takes the money back after it was paid out: what is left goes, the rest is a debt that its owner sees. */
async function chargedBack(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const of: Parties = await parties(world, 0);
  const { client, master } = of;
  const { topupId, pageUrl } = await started(client, 12_000);
  await press(pageUrl, 'pay');
  await client.until(`/top-ups/${topupId}`, (topup) => topup.status === 'succeeded');
  const orderId = await running(of, { title: 'Оплачен отозванными деньгами' });
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  await world.drain();
  expect((await purse(client)).available).toBe(190_000n);
  const found = (await (await provider(world, `payments?reference=${topupId}`)).json()) as { items: { id: string }[] };
  const paymentId = found.items[0]?.id;
  await provider(world, `payments/${paymentId}/chargeback`, {});
  await client.until(`/top-ups/${topupId}`, (topup) => topup.status === 'charged_back');
  expect(await purse(client)).toMatchObject({ available: 0n, debt: 1_010_000n });
  // Who earned it keeps it.
  expect((await purse(master)).available).toBe(900_000n);
  await admin.post('/bonuses', { userId: client.userId, amount: RUB(11_000), reason: 'на погашение' });
  const destination = { kind: 'card', token: '****4242' };
  const early = await client.post('/withdrawals', { amount: RUB(10), destination }, { expect: 409 });
  expect(early.body.code).toBe('payments.debt_first');
  const payment = (await client.post('/me/debt-payments', { currency: 'RUB' })).body;
  expect(payment).toEqual({ paid: RUB(10_100), debt: RUB(0) });
  expect(await purse(client)).toMatchObject({ available: 90_000n, debt: 0n });
  await client.post('/withdrawals', { amount: RUB(900), destination });
  const statement = (await client.get('/me/statement?limit=100')).body.items;
  expect(statement.map((one: { kind: string }) => one.kind)).toEqual(
    expect.arrayContaining(['chargeback', 'debt_payment', 'topup']),
  );
}

/** What only one side has becomes a ticket of support, once. */
async function reconciled(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const support = new Api(world);
  await joinSupport({ admin, support, world } as Story);
  const strange = randomUUID();
  const payment = {
    reference: strange,
    amount: { value: '77700', currency: 'RUB' },
    returnUrl: 'http://127.0.0.1/',
    callbackUrl: 'http://127.0.0.1/',
  };
  const { id } = (await (await provider(world, 'payments', payment)).json()) as { id: string };
  await provider(world, `payments/${id}/simulate`, { outcome: 'drop' });
  // Alike on both sides: no difference.
  const client = await clientWith(world, 'Соня Сверенная', admin, 0);
  const alike = await started(client, 100);
  await press(alike.pageUrl, 'pay');
  await client.until(`/top-ups/${alike.topupId}`, (topup) => topup.status === 'succeeded');
  await world.advance(3 * 3_600_000);
  for (let i = 0; i < 2; i++) await runNow(world, 'payments', 'compareStatement');
  await signInAgain(support);
  const queue = await support.until('/support/queue?limit=100', (body) => JSON.stringify(body).includes(strange));
  const tickets = queue.items.filter((one: { subject: string }) => one.subject.includes(strange));
  expect(tickets).toHaveLength(1);
  expect(JSON.stringify(queue)).not.toContain(alike.topupId);
  const ticket = JSON.stringify((await support.get(`/tickets/${tickets[0].ticketId}`)).body);
  expect(ticket).toContain('77700 RUB');
}

export const throughTheProvider: readonly Walk[] = [
  // First: its window is of the last day, and other walks move the clock.
  { name: 'P6: what only the provider has becomes one ticket; what both have none', run: reconciled },
  { name: 'P2, E9, M6: the pages of the provider: pay, decline, twice, late, paid and dropped', run: pages },
  { name: 'P2, M9: forged callbacks and bad amounts move nothing', run: refused },
  { name: 'P1, P3, M6: withdrawals: paid, failed and given back, taken without an answer', run: payouts },
  {
    name: 'P1, M3: a charge-back after the release: what is left goes, the rest is a debt told and paid',
    run: chargedBack,
  },
];
