/** The two sides of a deal and their admin, and the steps that every walk of deals begins with. */
import pg from 'pg';
import { expect } from 'vitest';
import type { SettingKey, SettingValue } from '#contracts/admin/settings.ts';
import type { ServiceName } from '#contracts/common/define.ts';
import { dueNews } from '#kit/db/job-news.ts';
import { Api } from '../api.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB } from '../deal.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import { ADMIN, type World } from '../world.ts';

export const DAY_MS = 86_400_000;

export interface Parties {
  readonly world: World;
  readonly client: Api;
  readonly master: Api;
  readonly admin: Api;
}

export async function clientWith(world: World, name: string, admin: Api, rubles: number): Promise<Api> {
  const api = new Api(world);
  await registerAndConfirm(api, { name, roles: ['client'], locale: 'ru' });
  if (rubles > 0) await grant(admin, api, rubles);
  return api;
}

/** A client with money, a freelancer, and the admin, in one world. */
export async function parties(world: World, rubles = 100_000): Promise<Parties> {
  const admin = await newAdmin(world);
  const [client, master] = await Promise.all([
    clientWith(world, 'Клара Заказчикова', admin, rubles),
    newPerson(world, 'Марк Мастеров', ['freelancer']),
  ]);
  return { world, client, master, admin };
}

/** P5: a bonus that an admin grants; the quickest honest way to money. */
export async function grant(admin: Api, to: Api, rubles: number): Promise<void> {
  await admin.post('/bonuses', { userId: to.userId, amount: RUB(rubles), reason: 'за участие' });
}

export interface Purse {
  available: bigint;
  escrow: bigint;
  reserved: bigint;
  pendingWithdrawal: bigint;
  debt: bigint;
}

/** What a person has, in minor units of a currency. */
export async function purse(api: Api, currency = 'RUB'): Promise<Purse> {
  const { items } = (await api.get('/me/accounts')).body;
  const one = items.find((item: { currency: string }) => item.currency === currency);
  const minor = (field: keyof Purse) => BigInt(one?.[field].amount ?? 0);
  return {
    available: minor('available'),
    escrow: minor('escrow'),
    reserved: minor('reserved'),
    pendingWithdrawal: minor('pendingWithdrawal'),
    debt: minor('debt'),
  };
}

export async function published(client: Api, of: object = {}): Promise<string> {
  const { orderId } = (await client.post('/orders', { ...DRAFT, ...of })).body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  return orderId;
}

export async function respond(master: Api, orderId: string, of: object = {}): Promise<string> {
  const offer = { price: RUB(10_000), days: 7, letter: 'Сделаю три варианта и подачу.', ...of };
  return (await master.post(`/orders/${orderId}/responses`, offer)).body.responseId;
}

export async function accept(client: Api, orderId: string, responseId: string): Promise<void> {
  await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, {}, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress' && order.funding !== 'pending');
}

/** A deal in progress; `of` is of the order, `offer` of the response. */
export async function running({ client, master }: Parties, of: object = {}, offer: object = {}): Promise<string> {
  const orderId = await published(client, of);
  await accept(client, orderId, await respond(master, orderId, offer));
  return orderId;
}

/** Days go by; the last two one by one, as timers set timers. Who is named signs in again afterwards. */
export async function daysPass(world: World, days: number, ...people: Api[]): Promise<void> {
  if (days > 2) await world.advance((days - 2) * DAY_MS);
  for (let i = 0; i < Math.min(days, 2); i++) await world.advance(DAY_MS);
  await signInAgain(...people);
}

/** Puts a value of a setting in force at once, and gives the way back. */
export async function setting<K extends SettingKey>(
  admin: Api,
  key: K,
  value: SettingValue<K>,
): Promise<() => Promise<void>> {
  const put = async (next: unknown) => {
    const { headers, body } = await admin.get(`/admin/settings/${key}`);
    const change = { value: next, reason: 'Для этой истории' };
    await admin.put(`/admin/settings/${key}`, change, { ifMatch: headers.get('etag') ?? '' });
    await admin.world.drain();
    return body.inForce.value;
  };
  const before = await put(value);
  return async () => void (await put(before));
}

export type Action = { name: string; allowed: boolean; why: string | null; moneyEffect: string | null };

/** One of the actions that an order, milestone, week or response shows its reader. */
export function actionOf(of: { actions: readonly Action[] }, name: string): Action {
  const found = of.actions.find((one) => one.name === name);
  return found ?? expect.fail(`no action ${name} among ${of.actions.map((one) => one.name).join(', ')}`);
}

/** A text with plain spaces: sums are written with spaces that don't break. */
export const plain = (text: string | null | undefined) => text?.replace(/\s/g, ' ');

/** Names of the steps in a deal's history, oldest first. */
export async function steps(api: Api, orderId: string): Promise<string[]> {
  const { items } = (await api.get(`/orders/${orderId}/history`)).body;
  return items.map((one: { action: string }) => one.action);
}

/** Waits until the person was told of an event about something. */
export async function told(api: Api, event: string, about: string): Promise<void> {
  await api.until('/notifications?limit=100', (body) =>
    body.items.some((one: { event: string; link: string }) => one.event === event && one.link.includes(about)),
  );
}

/** Has a job that comes by the hour or the day run now, as its time would have it, and waits for what follows. */
export async function runNow(world: World, service: ServiceName, job: string): Promise<void> {
  const client = new pg.Client({ connectionString: world.adminUrl });
  await client.connect();
  try {
    await client.query(`select "${service}_jobs".add_job($1, '{}'::json)`, [job]);
    await client.query(dueNews(service));
  } finally {
    await client.end();
  }
  await world.drain();
}
