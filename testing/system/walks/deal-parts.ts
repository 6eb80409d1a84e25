/** Milestones over their whole life, and changes of a running deal by consent of both (O2, P3, E7). */
import { expect } from 'vitest';
import type { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import {
  actionOf,
  type Action,
  daysPass,
  grant,
  type Parties,
  parties,
  plain,
  published,
  purse,
  accept,
  respond,
  running,
  steps,
  told,
} from './parties.ts';
import type { Walk } from './walk.ts';

const PARTS = [
  { title: 'Эскизы', amount: '300000', days: 3 },
  { title: 'Чистовик', amount: '700000', days: 4 },
];
const BY_PARTS = { price: RUB(10_000), letter: 'Сделаю в два этапа.', milestones: PARTS };

type Milestone = { milestoneId: string; status: string; actions: Action[] } & Record<string, unknown>;

const milestones = async (api: Api, orderId: string) =>
  (await api.get(`/orders/${orderId}`)).body.milestones as Milestone[];
const statuses = async (api: Api, orderId: string) => (await milestones(api, orderId)).map((one) => one.status);

/** Money leaves the client's account until so much is left. */
async function keepOnly(api: Api, minor: bigint): Promise<void> {
  const { available } = await purse(api);
  await api.post('/withdrawals', {
    amount: { amount: String(available - minor), currency: 'RUB' },
    destination: { kind: 'card', token: '****4242' },
  });
}

async function firstPart({ client, master, world }: Parties, orderId: string, first: Milestone): Promise<void> {
  const path = `/orders/${orderId}/milestones/${first.milestoneId}`;
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Всё сразу' }, { expect: 409 });
  await client.post(`${path}/completion`, {}, { expect: 409 });
  await master.post(`${path}/deliveries`, { text: 'Эскизы' });
  await told(client, 'milestone_delivered', orderId);
  await client.post(`${path}/revisions`, { reason: 'Ещё вариант' });
  await told(master, 'milestone_revision', orderId);
  await master.post(`${path}/deliveries`, { text: 'Эскизы, вариант два' });
  const [delivered] = await milestones(client, orderId);
  expect(delivered).toMatchObject({ status: 'delivered', revisions: { used: 1, limit: 3 } });
  expect(plain(actionOf(delivered as Milestone, 'complete').moneyEffect)).toBe(
    'исполнитель получит 2 700,00 ₽: 3 000,00 ₽ минус комиссия 300,00 ₽',
  );
  await client.post(`${path}/completion`, { bonus: RUB(100) });
  await world.drain();
  expect((await purse(master)).available).toBe(270_000n + 10_000n);
  expect((await purse(client)).escrow).toBe(0n);
  await told(master, 'milestone_completed', orderId);
}

/** Without money it stays planned and says why; with it, it is delivered, and silence accepts it. */
async function secondPart(of: Parties, orderId: string, second: Milestone): Promise<void> {
  const { client, master, admin, world } = of;
  const path = `/orders/${orderId}/milestones/${second.milestoneId}`;
  await master.post(`${path}/deliveries`, { text: 'Рано' }, { expect: 409 });
  await keepOnly(client, 100_000n);
  await client.post(`${path}/funding`, undefined, { expect: 202 });
  const refused = await client.until(`/orders/${orderId}`, (order) => order.refusal !== null);
  expect(refused.refusal).toMatchObject({ code: 'not_enough_money', missing: RUB(6_000) });
  expect(refused.milestones.map((one: Milestone) => one.status)).toEqual(['completed', 'planned']);
  await told(client, 'hold_refused', orderId);
  await grant(admin, client, 50_000);
  const effect = plain(actionOf((await milestones(client, orderId))[1] as Milestone, 'fund').moneyEffect);
  expect(effect).toBe('7 000,00 ₽ удержится на вашем счёте до приёмки');
  await client.post(`${path}/funding`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.milestones[1].status === 'in_progress');
  await told(master, 'milestone_funded', orderId);
  expect((await purse(client)).escrow).toBe(700_000n);
  await master.post(`${path}/deliveries`, { text: 'Чистовик' });
  const before = (await purse(master)).available;
  // One more part, by consent, keeps the deal running.
  const more = { kind: 'milestone', milestone: { title: 'Визитка', amount: '50000', days: 2 } };
  await consented(master, client, orderId, more);
  expect(await statuses(client, orderId)).toEqual(['completed', 'delivered', 'planned']);
  await daysPass(world, 15, client, master);
  expect(await statuses(client, orderId)).toEqual(['completed', 'completed', 'planned']);
  expect((await purse(master)).available - before).toBe(630_000n);
}

async function lastPart({ client, master, world }: Parties, orderId: string): Promise<void> {
  const last = (await milestones(client, orderId))[2] as Milestone;
  const path = `/orders/${orderId}/milestones/${last.milestoneId}`;
  await client.post(`${path}/funding`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.milestones[2].status === 'in_progress');
  await master.post(`${path}/deliveries`, { text: 'Визитка' });
  await client.post(`${path}/completion`, {});
  const done = await client.until(`/orders/${orderId}`, (order) => order.status === 'completed');
  expect(done.price).toEqual(RUB(10_500));
  await world.drain();
  const names = await steps(client, orderId);
  for (const step of ['fund', 'held', 'hold_refused', 'deliver', 'request_revision', 'complete', 'complete_by_silence'])
    expect(names, step).toContain(`milestone_${step}`);
  expect(names.at(-1)).toBe('complete_milestones');
}

/** One side proposes, the other agrees. */
async function consented(by: Api, other: Api, orderId: string, terms: object): Promise<void> {
  const { proposals } = (await by.post(`/orders/${orderId}/proposals`, { terms, reason: 'Так будет лучше' })).body;
  await other.post(`/orders/${orderId}/proposals/${proposals[0].proposalId}/consent`);
  await by.world.drain();
}

async function proposed(by: Api, orderId: string, terms: object): Promise<string> {
  const { proposals } = (await by.post(`/orders/${orderId}/proposals`, { terms, reason: 'Так будет лучше' })).body;
  return `/orders/${orderId}/proposals/${proposals[0].proposalId}`;
}

async function laterDate({ client, master, admin, world }: Parties, orderId: string): Promise<void> {
  const order = (await client.get(`/orders/${orderId}`)).body;
  const dueAt = new Date(Date.parse(order.dueAt) + 10 * 86_400_000).toISOString();
  const first = await proposed(master, orderId, { kind: 'deadline', dueAt });
  await told(client, 'proposal_new', orderId);
  // One proposal at a time, and nobody agrees with himself.
  await client.post(
    `/orders/${orderId}/proposals`,
    { terms: { kind: 'deadline', dueAt }, reason: 'И я' },
    { expect: 409 },
  );
  await master.post(`${first}/consent`, undefined, { expect: 409 });
  const seen = (await master.get(`/orders/${orderId}`)).body;
  expect(actionOf(seen, 'agree')).toMatchObject({ allowed: false, why: expect.stringMatching(/другая сторона/) });
  await client.post(`${first}/refusal`);
  await told(master, 'proposal_refused', orderId);
  await client.post(`${first}/consent`, undefined, { expect: 409 });
  const taken = await proposed(client, orderId, { kind: 'deadline', dueAt });
  await client.post(`${taken}/withdrawal`);
  await master.post(`${taken}/consent`, undefined, { expect: 409 });
  const second = await proposed(master, orderId, { kind: 'deadline', dueAt });
  await client.post(`${second}/consent`);
  await told(master, 'proposal_agreed', orderId);
  expect((await master.get(`/orders/${orderId}`)).body.dueAt).toBe(dueAt);
  // The old date passes without a word of lateness.
  await daysPass(world, 8, client, master, admin);
  const { items } = (await client.get('/notifications?limit=100')).body;
  expect(items.filter((one: { event: string }) => one.event === 'delivery_late')).toEqual([]);
}

async function otherWork(of: Parties, orderId: string): Promise<void> {
  const { client, master, admin, world } = of;
  await grant(admin, client, 5_000);
  const scope = { kind: 'scope', text: 'Ещё визитка к логотипу.', extra: RUB(2_000) };
  await consented(client, master, orderId, scope);
  const order = await client.until(`/orders/${orderId}`, (one) => one.price.amount === '1200000');
  expect(order).toMatchObject({ price: RUB(12_000), held: RUB(12_000) });
  expect(order.description).toContain('визитка');
  expect((await purse(client)).escrow).toBe(1_200_000n);
  // Without the money nothing changes, and the client hears why.
  await keepOnly(client, 5_000n);
  await consented(client, master, orderId, { ...scope, text: 'И ещё буклет к визитке.' });
  const same = (await client.get(`/orders/${orderId}`)).body;
  expect(same).toMatchObject({ price: RUB(12_000), held: RUB(12_000), status: 'in_progress' });
  expect(same.proposals[0].status).toBe('refused');
  expect(same.refusal).toMatchObject({ missing: RUB(1_950) });
  await told(client, 'hold_refused', orderId);
  const before = (await purse(master)).available;
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Логотип и визитка' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (one) => one.status === 'completed' && one.funding === 'settled');
  await world.drain();
  expect((await purse(master)).available - before).toBe(1_080_000n);
}

export const parts: readonly Walk[] = [
  {
    name: 'O2, P3, E7: milestones: funded, without money, delivered, revised, paid, accepted by silence, one more by consent, all done',
    async run(world) {
      const of = await parties(world, 20_000);
      const orderId = await published(of.client, { title: 'Логотип в два этапа' });
      const wrong = { ...BY_PARTS, price: RUB(9_999), days: 7 };
      await of.master.post(`/orders/${orderId}/responses`, wrong, { expect: 400 });
      await accept(of.client, orderId, await respond(of.master, orderId, BY_PARTS));
      const [first, second] = (await milestones(of.client, orderId)) as [Milestone, Milestone];
      expect((await of.client.get(`/orders/${orderId}`)).body).toMatchObject({ price: RUB(10_000), held: RUB(3_000) });
      expect(await statuses(of.client, orderId)).toEqual(['in_progress', 'planned']);
      await firstPart(of, orderId, first);
      await secondPart(of, orderId, second);
      await lastPart(of, orderId);
    },
  },
  {
    name: 'O2: a deal by milestones that the freelancer gives up: what is held goes back, what was paid stays paid',
    async run(world) {
      const of = await parties(world, 20_000);
      const orderId = await running(of, { title: 'Брошенные этапы' }, BY_PARTS);
      const [first, second] = (await milestones(of.client, orderId)) as [Milestone, Milestone];
      const path = (one: Milestone) => `/orders/${orderId}/milestones/${one.milestoneId}`;
      await of.master.post(`${path(first)}/deliveries`, { text: 'Эскизы' });
      await of.client.post(`${path(first)}/completion`, {});
      await of.client.post(`${path(second)}/funding`, undefined, { expect: 202 });
      await of.client.until(`/orders/${orderId}`, (order) => order.milestones[1].status === 'in_progress');
      const before = await purse(of.client);
      const stated = actionOf((await of.master.get(`/orders/${orderId}`)).body, 'give_up').moneyEffect;
      expect(plain(stated)).toBe('7 000,00 ₽ вернётся заказчику');
      await of.master.post(`/orders/${orderId}/cancellation`, { reason: 'Не успеваю' });
      await of.client.until(`/orders/${orderId}`, (one) => one.status === 'cancelled' && one.funding === 'settled');
      await world.drain();
      expect(await purse(of.client)).toMatchObject({ available: before.available + 700_000n, escrow: 0n });
      expect((await purse(of.master)).available).toBe(270_000n);
      expect(await statuses(of.client, orderId)).toEqual(['completed', 'cancelled']);
    },
  },
  {
    name: 'O2, P3: a later date and other work, asked, refused, taken back, granted by the other side; without the money nothing changes',
    async run(world) {
      const of = await parties(world, 20_000);
      const orderId = await running(of, { title: 'Логотип с переменами' });
      await laterDate(of, orderId);
      await otherWork(of, orderId);
    },
  },
];
