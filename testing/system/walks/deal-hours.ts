/** Hourly deals (O2, E7, P3): weeks that are held ahead, worked, approved, contested, paused, and their ends. */
import { expect } from 'vitest';
import { RUB } from '../deal.ts';
import {
  actionOf,
  type Action,
  DAY_MS,
  daysPass,
  grant,
  type Parties,
  parties,
  plain,
  purse,
  running,
  steps,
  told,
} from './parties.ts';
import { signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const HOURS = {
  title: 'Поддержка сайта по часам',
  pricing: 'hourly',
  weeklyHours: 10,
  budget: { min: '50000', max: '200000', currency: 'RUB' },
};
/** A week of ten hours at 1,000. */
const WEEK = 1_000_000n;

type Week = { weekId: string; number: number; status: string; actions: Action[] } & Record<string, unknown>;

/** An hourly deal begun at eight in the morning: weeks end at midnight and close at noon. */
async function hourly(of: Parties): Promise<string> {
  const { world } = of;
  const morning = new Date(world.now().getTime() + DAY_MS).setUTCHours(8, 0, 0, 0);
  await world.advance(morning - world.now().getTime());
  await signInAgain(of.client, of.master, of.admin);
  return await running(of, HOURS, { price: RUB(1_000) });
}

async function week({ client }: Parties, orderId: string, number: number): Promise<Week> {
  const { items } = (await client.get(`/orders/${orderId}/weeks`)).body as { items: Week[] };
  return items.find((one) => one.number === number) ?? expect.fail(`no week ${number}`);
}

async function log({ world, master }: Parties, orderId: string, minutes: number): Promise<string> {
  const day = world.now().toISOString().slice(0, 10);
  const entry = { day, minutes, note: 'Экраны профиля' };
  return (await master.post(`/orders/${orderId}/time-entries`, entry)).body.entryId;
}

const pass = ({ world, client, master, admin }: Parties, days: number) => daysPass(world, days, client, master, admin);

async function firstWeek(of: Parties, orderId: string): Promise<void> {
  const { client, master } = of;
  const path = `/orders/${orderId}`;
  const order = (await client.get(path)).body;
  expect(order).toMatchObject({ status: 'in_progress', pricing: 'hourly', weeklyHours: 10, dueAt: null });
  expect(order.terms).toMatchObject({ commission: RUB(1_000), toFreelancer: RUB(9_000), clientPays: RUB(10_000) });
  expect((await purse(client)).escrow).toBe(WEEK);
  await log(of, orderId, 90);
  const second = await log(of, orderId, 60);
  const third = await log(of, orderId, 30);
  await master.patch(`${path}/time-entries/${second}`, { minutes: 45 });
  await master.delete(`${path}/time-entries/${third}`);
  const over = { day: of.world.now().toISOString().slice(0, 10), minutes: 480, note: 'Слишком много' };
  expect((await master.post(`${path}/time-entries`, over, { expect: 409 })).body.code).toBe('orders.over_cap');
  await client.post(`${path}/time-entries`, { ...over, minutes: 5 }, { expect: [403, 409] });
  expect(await week(of, orderId, 1)).toMatchObject({ status: 'open', minutes: 135, amount: RUB(2_250) });
  // What a fixed price has, hours have not.
  await master.post(`${path}/deliveries`, { text: 'Готово' }, { expect: 409 });
  await pass(of, 8);
  expect((await week(of, orderId, 2)).status).toBe('open');
  expect((await purse(client)).escrow).toBe(2n * WEEK);
  await told(client, 'week_submitted', orderId);
  const submitted = await week(of, orderId, 1);
  expect(submitted.status).toBe('submitted');
  expect(plain(actionOf(submitted, 'approve').moneyEffect)).toBe(
    'исполнитель получит 2 025,00 ₽: 2 250,00 ₽ минус комиссия 225,00 ₽; заказчику вернётся 7 750,00 ₽',
  );
  const before = await purse(client);
  await client.post(`${path}/weeks/${submitted.weekId}/approval`, { bonus: RUB(500) });
  await client.post(`${path}/weeks/${submitted.weekId}/approval`, {}, { expect: 409 });
  await of.world.drain();
  // The money went as the action had said.
  expect((await purse(master)).available).toBe(202_500n + 50_000n);
  expect(await purse(client)).toMatchObject({ available: before.available + 775_000n - 50_000n, escrow: WEEK });
  await told(master, 'week_paid', orderId);
}

/** 120 minutes stand, as many as named are contested; a week has passed. */
async function contested(of: Parties, orderId: string, number: number): Promise<{ weekId: string; entryId: string }> {
  await log(of, orderId, 120);
  const entryId = await log(of, orderId, 300);
  await pass(of, 7);
  const { weekId } = await week(of, orderId, number);
  const objection = { entryIds: [entryId], reason: 'Этого не было в задаче' };
  await of.client.post(`/orders/${orderId}/weeks/${weekId}/objection`, objection);
  await told(of.master, 'week_contested', orderId);
  return { weekId, entryId };
}

async function contestedWeeks(of: Parties, orderId: string): Promise<void> {
  const { client, master, world } = of;
  const paid = async () => (await world.drain(), (await purse(master)).available);
  const second = await contested(of, orderId, 2);
  let before = await paid();
  await master.patch(`/orders/${orderId}/time-entries/${second.entryId}`, { minutes: 60 });
  await master.post(`/orders/${orderId}/weeks/${second.weekId}/resubmission`, { reason: 'Исправил' });
  await client.post(`/orders/${orderId}/weeks/${second.weekId}/approval`, {});
  // Three hours less a tenth.
  expect((await paid()) - before).toBe(270_000n);
  const third = await contested(of, orderId, 3);
  before = await paid();
  await master.post(`/orders/${orderId}/weeks/${third.weekId}/concession`);
  expect((await paid()) - before).toBe(180_000n);
}

async function silenceAndRest(of: Parties, orderId: string): Promise<void> {
  const { client, master, admin, world } = of;
  await log(of, orderId, 60);
  await pass(of, 7);
  expect((await week(of, orderId, 4)).status).toBe('submitted');
  const earned = (await purse(master)).available;
  // The client takes his money away: the week after this one can't be held.
  const { available } = await purse(client);
  const destination = { kind: 'card', token: '****4242' };
  await client.post('/withdrawals', { amount: { amount: String(available), currency: 'RUB' }, destination });
  await pass(of, 6);
  expect((await week(of, orderId, 4)).status).toBe('approved');
  expect((await purse(master)).available - earned).toBe(90_000n);
  for (const side of [client, master]) await told(side, 'week_unfunded', orderId);
  await pass(of, 1);
  const resting = await week(of, orderId, 6);
  expect(resting.status).toBe('unfunded');
  expect((await client.get(`/orders/${orderId}`)).body.refusal.code).toBe('not_enough_money');
  const entry = { day: world.now().toISOString().slice(0, 10), minutes: 5, note: 'Без денег' };
  await master.post(`/orders/${orderId}/time-entries`, entry, { expect: 409 });
  await grant(admin, client, 10_000);
  await client.post(`/orders/${orderId}/weeks/${resting.weekId}/funding`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}/weeks`, (body) => body.items[0].status === 'open');
  for (const side of [client, master]) await told(side, 'week_funded', orderId);
}

async function finish(of: Parties, orderId: string): Promise<void> {
  const { client, master, world } = of;
  await log(of, orderId, 60);
  expect(actionOf((await master.get(`/orders/${orderId}`)).body, 'finish').allowed).toBe(true);
  await master.post(`/orders/${orderId}/finish`, { reason: 'Всё готово, спасибо' });
  await told(client, 'order_finished', orderId);
  await master.post(
    `/orders/${orderId}/time-entries`,
    { day: '2030-01-01', minutes: 5, note: 'Поздно' },
    { expect: [400, 409] },
  );
  const { weekId } = await week(of, orderId, 6);
  await client.post(`/orders/${orderId}/weeks/${weekId}/approval`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  await world.drain();
  expect((await purse(client)).escrow).toBe(0n);
  const done = await steps(client, orderId);
  for (const step of ['log_time', 'edit_time', 'remove_time', 'approve', 'contest', 'resubmit', 'concede', 'resume'])
    expect(done, step).toContain(`week_${step}`);
  await client.post(`/orders/${orderId}/reviews`, { rating: 5, text: 'Всё вовремя и по делу.' });
}

export const hours: readonly Walk[] = [
  {
    name: 'O2, P3, E7: an hourly deal from publication to paid weeks: logged, approved, contested, by silence, without money, ended',
    async run(world) {
      const of = await parties(world);
      const orderId = await hourly(of);
      await firstWeek(of, orderId);
      await contestedWeeks(of, orderId);
      await silenceAndRest(of, orderId);
      await finish(of, orderId);
    },
  },
  {
    name: 'O2: an hourly deal that was never worked is cancelled and all money is back; a rest that lasts too long ends one',
    async run(world) {
      const of = await parties(world, 10_300);
      const orderId = await hourly(of);
      const held = await purse(of.client);
      await of.client.post(`/orders/${orderId}/finish`, { reason: 'Планы изменились' });
      await of.client.until(`/orders/${orderId}`, (one) => one.status === 'cancelled' && one.funding === 'settled');
      expect(await purse(of.client)).toMatchObject({ available: held.available + WEEK, escrow: 0n });
      const second = await hourly(of);
      await log(of, second, 60);
      await pass(of, 9);
      expect((await week(of, second, 2)).status).toBe('unfunded');
      await pass(of, 6);
      // Silence has approved what was worked.
      expect((await purse(of.master)).available).toBe(90_000n);
      await pass(of, 31);
      const order = (await of.client.get(`/orders/${second}`)).body;
      expect(order).toMatchObject({ status: 'completed', funding: 'settled' });
      expect((await purse(of.client)).escrow).toBe(0n);
    },
  },
];
