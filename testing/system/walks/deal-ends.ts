/** Ends of a deal with their money stated before and seen after, its clocks, and steps that can't be skipped (O2, E5, E7, B8). */
import pg from 'pg';
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { joinSupport } from '../deal-care.ts';
import { DRAFT, type Story, RUB } from '../deal.ts';
import type { World } from '../world.ts';
import {
  actionOf,
  type Action,
  daysPass,
  type Parties,
  parties,
  plain,
  published,
  purse,
  respond,
  running,
  steps,
  told,
} from './parties.ts';
import { newPerson, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const effect = async (api: Api, orderId: string, name: string) =>
  plain(actionOf((await api.get(`/orders/${orderId}`)).body, name).moneyEffect);
const ended = (api: Api, orderId: string, status: string) =>
  api.until(
    `/orders/${orderId}`,
    (one) => one.status === status && one.funding !== 'held' && one.funding !== 'pending',
  );

/** Before the start: by the client, unanswered and answered, and by time. */
async function beforeTheStart({ client, master, admin, world }: Parties): Promise<Record<string, string>> {
  const lonely = await published(client, { title: 'Никто не ответил' });
  const answered = await published(client, { title: 'Ответ уже есть' });
  const left = await published(client, { title: 'Заказ истечёт сам' });
  await respond(master, answered);
  expect(await effect(client, lonely, 'cancel')).toBe('откликов нет: плата за публикацию вернётся, 100,00 ₽');
  expect(await effect(client, answered, 'cancel')).toBe('отклики есть: плата за публикацию не вернётся');
  const before = (await purse(client)).available;
  for (const orderId of [lonely, answered])
    await client.post(`/orders/${orderId}/cancellation`, { reason: 'Передумали' });
  for (const orderId of [lonely, answered]) await ended(client, orderId, 'cancelled');
  await world.drain();
  expect((await purse(client)).available - before).toBe(10_000n);
  await daysPass(world, 31, client, master, admin);
  expect((await client.get(`/orders/${left}`)).body.status).toBe('expired');
  await told(client, 'order_expired', left);
  expect((await purse(client)).available - before).toBe(20_000n);
  return { cancelled: lonely, expired: left };
}

async function byAgreement(of: Parties): Promise<string> {
  const { client, master, world } = of;
  const orderId = await running(of, { title: 'Разошлись мирно' });
  const before = { client: await purse(client), master: await purse(master) };
  expect(await effect(client, orderId, 'propose_cancellation')).toBe(
    'с согласия исполнителя 10 000,00 ₽ вернётся заказчику',
  );
  const terms = { kind: 'cancellation', freelancerAmount: RUB(3_000) };
  const over = { terms: { ...terms, freelancerAmount: RUB(10_001) }, reason: 'Слишком много' };
  await master.post(`/orders/${orderId}/proposals`, over, { expect: 400 });
  await master.post(`/orders/${orderId}/proposals`, { terms, reason: 'Часть сделана' });
  await told(client, 'proposal_new', orderId);
  expect(await effect(client, orderId, 'agree_cancellation')).toBe(
    'исполнителю останется 3 000,00 ₽ (до комиссии), остальное вернётся заказчику',
  );
  const [proposal] = (await client.get(`/orders/${orderId}`)).body.proposals;
  await client.post(`/orders/${orderId}/proposals/${proposal.proposalId}/consent`);
  await ended(client, orderId, 'cancelled');
  await world.drain();
  expect((await purse(master)).available - before.master.available).toBe(270_000n);
  expect(await purse(client)).toMatchObject({ available: before.client.available + 700_000n, escrow: 0n });
  return orderId;
}

/** A ruling that gives all back, after a dispute whose money stands still. */
async function byRuling(of: Parties): Promise<void> {
  const { client, master, world, admin } = of;
  const support = new Api(world);
  await joinSupport({ admin, support, world } as Story);
  const orderId = await running(of, { title: 'Спор о работе' });
  expect(await effect(client, orderId, 'dispute')).toBe('10 000,00 ₽ замораживается до решения');
  const before = await purse(client);
  const about = { kind: 'dispute', subject: 'Работы нет', text: 'Исполнитель пропал и не отвечает.', orderId };
  const { ticketId } = (await client.post('/tickets', about)).body;
  await client.until(`/orders/${orderId}`, (order) => order.status === 'disputed');
  for (const side of [client, master]) await told(side, 'order_disputed', orderId);
  // Frozen: no clock runs, nobody moves the money.
  await daysPass(world, 5, client, master, admin, support);
  expect((await client.get(`/orders/${orderId}`)).body.status).toBe('disputed');
  expect(await purse(client)).toMatchObject({ available: before.available, escrow: before.escrow });
  expect(await notSkipped([client, master], master, orderId, orderId)).toBe(2 * asks(master, '').length);
  await support.post(`/tickets/${ticketId}/assignment`, { assigneeId: 'self' });
  const ruling = { outcome: 'refund', freelancerAmount: RUB(0), reason: 'Работа не сдана.' };
  await support.post(`/tickets/${ticketId}/ruling`, ruling);
  for (const side of [client, master]) await side.post(`/tickets/${ticketId}/ruling/acceptance`);
  await ended(client, orderId, 'cancelled');
  await world.drain();
  expect(await purse(client)).toMatchObject({
    available: before.available + 1_000_000n,
    escrow: before.escrow - 1_000_000n,
  });
}

/** As anybody may count them: how often a person was told of an event about an order. */
async function tellings(api: Api, event: string, orderId: string): Promise<number> {
  await api.world.drain();
  const { items } = (await api.get('/notifications?limit=100')).body;
  return items
    .filter((one: { event: string; link: string }) => one.event === event && one.link.includes(orderId))
    .reduce((sum: number, one: { count: number }) => sum + one.count, 0);
}

async function clocks(world: World): Promise<void> {
  const of = await parties(world, 20_000);
  const { client, master } = of;
  const orderId = await running(of, { title: 'Часы сделки' });
  const pass = (days: number) => daysPass(world, days, client, master);
  await pass(5);
  expect(await tellings(master, 'delivery_due', orderId)).toBe(0);
  await pass(1);
  expect(await tellings(master, 'delivery_due', orderId)).toBe(1);
  expect(await tellings(master, 'delivery_late', orderId)).toBe(0);
  await pass(1);
  for (const side of [client, master]) expect(await tellings(side, 'delivery_late', orderId)).toBe(1);
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово, хоть и поздно' });
  for (const [days, times] of [
    [6, 0],
    [1, 1],
    [3, 1],
    [1, 2],
    [1, 2],
    [1, 3],
  ] as const) {
    await pass(days);
    expect(await tellings(client, 'review_due', orderId), `after ${days} more`).toBe(times);
  }
  expect((await client.get(`/orders/${orderId}`)).body.status).toBe('delivered');
  await pass(1);
  await ended(client, orderId, 'completed');
  expect((await purse(master)).available).toBe(900_000n);
  const done = await steps(client, orderId);
  expect(done.filter((one) => one === 'complete_by_silence')).toHaveLength(1);
  for (const side of [client, master]) await told(side, 'order_completed', orderId);
  // The lateness is counted in the freelancer's record.
  const { slug } = (await master.get('/me/profile')).body;
  const profile = await master.until(`/profiles/${slug}`, (body) => body.record.asFreelancer.completed === 1);
  expect(profile.record.asFreelancer.onTime).toBe(0);
  // One review alone stays hidden for fourteen days, then it shows and the other side's chance is over.
  await client.post(`/orders/${orderId}/reviews`, { rating: 4, text: 'Хорошо, но поздно.' });
  const shown = async () => (await client.get(`/people/${master.userId}/reviews`)).body.items.length;
  await pass(13);
  expect(await shown()).toBe(0);
  await pass(1);
  await master.until(`/people/${master.userId}/reviews`, (body) => body.items.length === 1);
  const late = await master.post(
    `/orders/${orderId}/reviews`,
    { rating: 5, text: 'Хороший заказчик.' },
    { expect: 409 },
  );
  expect(late.body.code).toBe('orders.not_now');
}

/** A day without an answer of payments, which waits for the client's account that whole time: a draft again, and no money gone. */
async function unpaid(world: World): Promise<void> {
  const { client } = await parties(world, 1_000);
  const before = await purse(client);
  const { orderId } = (await client.post('/orders', { ...DRAFT, title: 'Оплата застряла' })).body;
  const holder = new pg.Client({ connectionString: world.adminUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select 1 from payments.accounts where user_id = $1 for update', [client.userId]);
    await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
    expect((await client.get(`/orders/${orderId}`)).body.status).toBe('awaiting_payment');
    const later = world.advance(25 * 3_600_000);
    await signInAgain(client);
    const returned = async () => (await client.get(`/orders/${orderId}`)).body.status;
    await expect.poll(returned, { timeout: 30_000 }).toBe('draft');
    // Only now it answers, too late.
    await holder.query('rollback');
    await later;
  } finally {
    await holder.end();
  }
  await told(client, 'order_returned', orderId);
  expect(await purse(client)).toEqual(before);
  expect(await steps(client, orderId)).toContain('placement_timed_out');
  // Nothing stands in the way of another attempt.
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  expect((await purse(client)).available).toBe(before.available - 10_000n);
}

/** A step as it is asked for from outside, and the actions any of which allows it. */
type Ask = readonly [path: string, actions: readonly string[], body?: object];
const asks = (master: Api, responseId: string): readonly Ask[] => [
  ['publication', ['publish']],
  ['deliveries', ['deliver'], { text: 'Готово' }],
  ['revisions', ['request_revision'], { reason: 'Ещё раз' }],
  ['completion', ['complete'], {}],
  ['cancellation', ['cancel', 'give_up', 'propose_cancellation', 'agree_cancellation'], { reason: 'Передумал' }],
  [
    'proposals',
    ['propose', 'propose_cancellation'],
    { terms: { kind: 'scope', text: 'Ещё кое-что к работе.', extra: null, dueAt: null }, reason: 'Надо' },
  ],
  ['finish', ['finish'], { reason: 'Хватит' }],
  ['reviews', ['review'], { rating: 5, text: 'Отлично.' }],
  ['responses', ['respond'], { price: RUB(1_000), days: 3, letter: 'Возьмусь за работу.' }],
  ['invitations', ['invite'], { freelancerId: master.userId }],
  [`responses/${responseId}/acceptance`, ['accept_response'], {}],
];

/** Whatever an order does not offer to a person is refused to him, and nothing moves. */
async function notSkipped(people: readonly Api[], master: Api, orderId: string, responseId: string): Promise<number> {
  const [owner] = people as [Api];
  let refusals = 0;
  for (const api of people) {
    const seen = await api.get(`/orders/${orderId}`, { expect: [200, 404] });
    const actions: Action[] = seen.status === 200 ? seen.body.actions : [];
    for (const { allowed, why, name } of actions)
      expect(allowed || (why ?? '') !== '', `${name} says why not`).toBe(true);
    for (const [path, names, body] of asks(master, responseId)) {
      if (actions.some((one) => one.allowed && names.includes(one.name))) continue;
      const what = `${path} by ${api.email} on ${seen.body.status}`;
      const answer = await api.post(`/orders/${orderId}/${path}`, body, { expect: [400, 403, 404, 409] });
      expect(answer.status, what).not.toBe(400);
      refusals++;
    }
  }
  await owner.world.drain();
  return refusals;
}

async function everyState(of: Parties, known: Record<string, string>): Promise<void> {
  const { client, master, world } = of;
  const stranger = await newPerson(world, 'Сева Посторонний', ['freelancer']);
  const draft = (await client.post('/orders', { ...DRAFT, title: 'Ещё черновик' })).body.orderId;
  const open = await published(client, { title: 'Опубликован и ждёт' });
  const responseId = await respond(master, open);
  const going = await running(of, { title: 'Работа идёт' });
  const handed = await running(of, { title: 'Работа сдана' });
  await master.post(`/orders/${handed}/deliveries`, { text: 'Готово' });
  const paid = await running(of, { title: 'Работа принята' });
  await master.post(`/orders/${paid}/deliveries`, { text: 'Готово' });
  await client.post(`/orders/${paid}/completion`, {});
  await ended(client, paid, 'completed');
  const states = { ...known, draft, published: open, in_progress: going, delivered: handed, completed: paid };
  let refusals = 0;
  for (const [status, orderId] of Object.entries(states)) {
    const before = (await client.get(`/orders/${orderId}`)).body;
    expect(before.status).toBe(status);
    refusals += await notSkipped([client, master, stranger], master, orderId, responseId);
    const after = (await client.get(`/orders/${orderId}`)).body;
    expect([after.status, after.version, after.held], status).toEqual([before.status, before.version, before.held]);
  }
  // Of 7 states × 3 people × 11 steps nearly all.
  expect(refusals).toBeGreaterThan(200);
}

async function edited({ client, master }: Parties): Promise<void> {
  const { body, headers } = await client.post('/orders', { ...DRAFT, title: 'Прежнее имя' });
  const path = `/orders/${body.orderId}`;
  await client.patch(path, { title: 'Новое имя' }, { ifMatch: headers.get('etag') ?? '' });
  await client.post(`${path}/publication`, undefined, { expect: 202 });
  await client.until(path, (order) => order.status === 'published');
  const ifMatch = (await client.get(path)).headers.get('etag') ?? '';
  // Of a published order the words, not the budget.
  const budget = { min: '1', max: '2', currency: 'RUB' };
  const refused = await client.patch(path, { budget }, { ifMatch, expect: 409 });
  expect(refused.body.code).toBe('orders.not_now');
  await client.patch(path, { description: 'Совсем другое описание той же работы.' }, { ifMatch });
  const { items } = (await client.get(`${path}/history`)).body;
  const edits = items.filter((one: { action: string }) => one.action === 'edit');
  expect(edits).toMatchObject([
    {
      actorId: client.userId,
      actorKind: 'client',
      changes: { before: { title: 'Прежнее имя' }, after: { title: 'Новое имя' } },
    },
    { changes: { after: { description: 'Совсем другое описание той же работы.' } } },
  ]);
  for (const { at } of items) expect(Date.parse(at)).not.toBeNaN();
  await master.get(`${path}/history`, { expect: 404 });
  await client.post(`${path}/cancellation`, { reason: 'Хватит' });
}

export const endings: readonly Walk[] = [
  {
    name: 'O2, E6, P3: a publication whose charge does not come for 24 h is a draft again; what comes late goes back',
    run: unpaid,
  },
  {
    name: 'O2, E7, B8: ends with their money stated before and seen after; in each state what is not offered is refused to everybody',
    async run(world) {
      const of = await parties(world, 100_000);
      const { expired, cancelled } = await beforeTheStart(of);
      await byAgreement(of);
      await everyState(of, { expired: expired as string, cancelled: cancelled as string });
      await byRuling(of);
    },
  },
  {
    name: 'O2, E5, M11: the clocks of a deal: due, late, the review with its reminders at 7, 3 and 1, silence, reviews shown after 14 days',
    run: clocks,
  },
  {
    name: 'O1, O2: every edit is in the history with who, when, before and after; strangers do not see it',
    run: async (world) => edited(await parties(world, 1_000)),
  },
];
