/** The fair response deposit (O4): held with the response, spent by a decision only, back in every other end, once. */
import { expect } from 'vitest';
import type { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import type { World } from '../world.ts';
import { accept, actionOf, clientWith, daysPass, grant, published, purse, respond, setting, steps } from './parties.ts';
import { newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

const DEPOSIT = 5_000n;
const FIFTY = { amount: String(DEPOSIT), currency: 'RUB' } as const;

interface Market {
  readonly world: World;
  readonly client: Api;
  readonly authors: readonly [Api, Api, Api];
  readonly all: readonly Api[];
}

async function depositOf(author: Api, orderId: string, responseId: string): Promise<string> {
  await author.world.drain();
  return (await author.get(`/orders/${orderId}/responses/${responseId}`)).body.deposit?.status;
}

/** It is told before it binds, and without the money there is no response. */
async function told({ client, authors, world }: Market): Promise<void> {
  const orderId = await published(client, { title: 'Залог назван заранее' });
  const seen = (await authors[0].get(`/orders/${orderId}`)).body;
  expect(seen.responseDeposit).toMatchObject({ amount: RUB(50), silenceDays: 10 });
  expect(seen.responseDeposit.rule).toContain('вернётся');
  expect(actionOf(seen, 'respond').moneyEffect).toBe(seen.responseDeposit.rule);
  const poor = await newPerson(world, 'Нина Безденежная', ['freelancer']);
  const offer = { price: RUB(5_000), days: 3, letter: 'Готова начать сегодня.' };
  const refused = await poor.post(`/orders/${orderId}/responses`, offer, { expect: 409 });
  expect(refused.body.code).toBe('orders.no_money_for_deposit');
  expect((await client.get(`/orders/${orderId}/responses`)).body.items).toEqual([]);
}

/** The ends that give it back: withdrawn, cancelled, expired by itself, the client's silence, the order's expiry. */
async function givenBack({ client, authors, all, world }: Market, keepLong: () => Promise<void>): Promise<void> {
  const [author] = authors;
  const before = await purse(author);
  const titles = ['Отозванный', 'Отменённый', 'Ненадолго', 'Без ответа'];
  const orders = await Promise.all(titles.map((title) => published(client, { title: `${title} отклик` })));
  await keepLong();
  orders.push(await published(client, { title: 'Заказ истекает' }));
  const ids: string[] = [];
  for (const [at, orderId] of orders.entries())
    ids.push(await respond(author, orderId, at === 2 ? { validDays: 3 } : {}));
  const [withdrawn, cancelled, brief, silent, expiring] = orders.map((orderId, at) => ({
    orderId,
    responseId: ids[at] as string,
    path: `/orders/${orderId}/responses/${ids[at]}`,
  })) as [Response, Response, Response, Response, Response];
  expect(await purse(author)).toMatchObject({ available: before.available - 5n * DEPOSIT, reserved: 5n * DEPOSIT });
  // A look alone decides nothing.
  for (const one of [withdrawn, silent]) await client.post(`${one.path}/opening`);
  await author.post(`${withdrawn.path}/withdrawal`);
  await client.post(`/orders/${cancelled.orderId}/cancellation`, { reason: 'Передумали' });
  for (const one of [withdrawn, cancelled])
    expect(await depositOf(author, one.orderId, one.responseId)).toBe('returned');
  expect((await purse(author)).reserved).toBe(3n * DEPOSIT);
  await daysPass(world, 4, ...all);
  expect(await depositOf(author, brief.orderId, brief.responseId)).toBe('returned');
  expect((await author.get(brief.path)).body.status).toBe('expired');
  await daysPass(world, 7, ...all);
  // The client kept silent: the deposit is back, the response stands, and a later decision costs nothing.
  expect(await depositOf(author, silent.orderId, silent.responseId)).toBe('returned');
  expect((await author.get(silent.path)).body.status).toBe('submitted');
  await client.post(`${silent.path}/shortlisting`);
  expect((await purse(author)).reserved).toBe(DEPOSIT);
  await daysPass(world, 20, ...all);
  expect(await depositOf(author, expiring.orderId, expiring.responseId)).toBe('returned');
  expect((await client.get(`/orders/${expiring.orderId}`)).body.status).toBe('expired');
  expect(await purse(author)).toEqual(before);
  // Set aside five times, back five times, and nothing else.
  const moves = (await author.get('/me/statement?limit=100')).body.items.map((one: { kind: string }) => one.kind);
  const count = (kind: string) => moves.filter((one: string) => one === kind).length;
  expect([count('reserve'), count('reserve_returned'), count('reserve_posted')]).toEqual([5, 5, 0]);
}

interface Response {
  readonly orderId: string;
  readonly responseId: string;
  readonly path: string;
}

/** Spent by a decision: shortlisted, declined, countered; of who was chosen; of the rest only if the client had looked. */
async function spent({ client, authors, admin }: Market & { admin: Api }): Promise<void> {
  const orderId = await published(client, { title: 'Кого рассмотрели' });
  const ids: string[] = [];
  for (const author of authors) ids.push(await respond(author, orderId));
  const path = (at: number) => `/orders/${orderId}/responses/${ids[at]}`;
  await client.post(`${path(0)}/shortlisting`);
  await client.post(`${path(1)}/refusal`, { reason: 'Дорого' });
  await client.post(`${path(2)}/counter-offer`, { price: RUB(9_000), days: 5 });
  for (const [at, author] of authors.entries())
    expect(await depositOf(author, orderId, ids[at] as string)).toBe('spent');
  // It is gone: to withdraw now brings nothing back.
  await authors[2].post(`${path(2)}/withdrawal`);
  expect(await depositOf(authors[2], orderId, ids[2] as string)).toBe('spent');

  const other = await published(client, { title: 'Выбран другой' });
  const [chosen, opened, unseen] = [
    await respond(authors[0], other),
    await respond(authors[1], other),
    await respond(authors[2], other),
  ];
  await client.post(`/orders/${other}/responses/${opened}/opening`);
  await accept(client, other, chosen);
  expect(await depositOf(authors[0], other, chosen)).toBe('spent');
  expect(await depositOf(authors[1], other, opened)).toBe('spent');
  expect(await depositOf(authors[2], other, unseen)).toBe('returned');
  expect(await steps(authors[1], other)).toEqual([
    'respond',
    'response_open',
    'response_choose_other',
    'deposit_spent',
  ]);
  for (const author of authors) expect((await purse(author)).reserved).toBe(0n);
  // What was spent went to the platform, once each.
  const { items } = (await admin.get(`/transactions?kind=reserve_posted&orderId=${orderId}`)).body;
  expect(items).toHaveLength(3);
  await client.post(`/orders/${other}/proposals`, {
    terms: { kind: 'cancellation', freelancerAmount: RUB(0) },
    reason: 'Хватит для этой истории',
  });
  const [proposal] = (await authors[0].get(`/orders/${other}`)).body.proposals;
  await authors[0].post(`/orders/${other}/proposals/${proposal.proposalId}/consent`);
  await client.until(`/orders/${other}`, (order) => order.status === 'cancelled' && order.funding === 'settled');
}

export const deposits: readonly Walk[] = [
  {
    name: 'O4: a response deposit, set by an admin: told before it binds, held, back at every end but a decision, spent by one',
    async run(world) {
      const admin = await newAdmin(world);
      const [client, ...authors] = await Promise.all([
        clientWith(world, 'Зоя Залогова', admin, 50_000),
        newPerson(world, 'Ян Первый', ['freelancer']),
        newPerson(world, 'Олег Второй', ['freelancer']),
        newPerson(world, 'Ира Третья', ['freelancer']),
      ]);
      for (const author of authors) await grant(admin, author, 1_000);
      const market = { world, client, authors, all: [admin, client, ...authors] };
      const putBack = await setting(admin, 'orders.response-deposit', { deposit: FIFTY, silenceDays: 10 });
      try {
        await told(market);
        await givenBack(
          market,
          async () => void (await setting(admin, 'orders.response-deposit', { deposit: FIFTY, silenceDays: 60 })),
        );
        await spent({ ...market, admin });
      } finally {
        await putBack();
      }
      // Off again: an order published from now on asks for nothing.
      const free = await published(client, { title: 'Без залога' });
      expect((await authors[0].get(`/orders/${free}`)).body.responseDeposit).toBeNull();
    },
  },
];
