/** Who the walks of care need: people who joined, staff, deals between them. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { startClamd } from '#outside/clamd/clamd.ts';
import { silentLog } from '#outside/log.ts';
import { Api } from '../api.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB, topUp } from '../deal.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import { ADMIN, mailTo, type World } from '../world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const MAIL_KEY = 'key-of-the-mail-server';

/** What the walks ask of the platform beyond what ships: small limits, receivers on this machine. */
export const CARE_ENV = {
  MESSENGER_USER_QUOTA_MB: '8',
  MESSENGER_FILE_LIMIT_MB: '5',
  MESSENGER_PRESENCE_GRACE: '0s',
  PUSH_HOSTS: '127.0.0.1',
  MAIL_FEEDBACK_KEY: MAIL_KEY,
  MAIL_BOUNCES_TO: 'bounces@artel.test',
  WEBHOOK_PRIVATE_HOSTS: '127.0.0.1',
};

/** A world with a virus scanner beside it. */
export async function careWorld(start: (env: Record<string, string>) => Promise<World>): Promise<World> {
  const scanner = await startClamd({ port: 0, signatures: { 'Test.Virus': 'VIRUS' }, log: silentLog });
  try {
    const world = await start({ ...CARE_ENV, CLAMAV_URL: scanner.url });
    return {
      ...world,
      async close() {
        await world.close();
        await scanner.close();
      },
    };
  } catch (error) {
    await scanner.close();
    throw error;
  }
}

/** A member of staff is invited by mail and comes. */
export async function joinStaff(
  admin: Api,
  displayName: string,
  role: 'support' | 'admin' = 'support',
  locale: 'ru' | 'en' = 'ru',
): Promise<Api> {
  const { world } = admin;
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  await admin.post('/admin/staff/invitations', {
    email,
    displayName,
    roles: [role],
    locale,
    reason: 'новый сотрудник',
  });
  const invitation = await mailTo(world, email);
  const token = /token=([\w-]{20,})/.exec(invitation.text ?? '')?.[1];
  const api = new Api(world, locale);
  await api.post('/invitations/acceptance', { token, password: PASSWORD, consents: JOINING_EXAMPLE }, { key: false });
  await world.drain();
  await api.signIn(email, PASSWORD);
  return api;
}

export async function publish(client: Api, title: string, changes: object = {}): Promise<string> {
  const { orderId } = (await client.post('/orders', { ...DRAFT, title, ...changes })).body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  return orderId;
}

export async function respond(freelancer: Api, orderId: string, rubles = 4_000): Promise<string> {
  const response = { price: RUB(rubles), days: 3, letter: 'Сделаю за три дня, примеры в портфолио.' };
  return (await freelancer.post(`/orders/${orderId}/responses`, response)).body.responseId;
}

export async function conversationOf(api: Api, orderId: string): Promise<string> {
  const { items } = await api.until(`/conversations?orderId=${orderId}`, (body) => body.items.length > 0);
  return items[0].conversationId;
}

/** A client with money and a freelancer, and a deal of 4,000.00 between them that runs. */
export async function runningDeal(client: Api, freelancer: Api, title: string): Promise<string> {
  const orderId = await publish(client, title);
  const responseId = await respond(freelancer, orderId);
  await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress' && order.funding === 'held');
  await client.world.drain();
  return orderId;
}

export async function pairWithMoney(world: World, names: readonly [string, string], rubles = 20_000) {
  const client = await newPerson(world, names[0], ['client']);
  const freelancer = await newPerson(world, names[1], ['freelancer']);
  await topUp(client, rubles);
  return { client, freelancer };
}

/** A setting for the time of some work; afterwards it is what it was. */
export async function withSetting<T>(admin: Api, key: string, change: object, work: () => Promise<T>): Promise<T> {
  const put = async (value: unknown) => {
    const { body, headers } = await admin.get(`/admin/settings/${key}`);
    const next = typeof value === 'function' ? value(body.inForce.value) : value;
    const reason = 'На время проверки';
    await admin.put(`/admin/settings/${key}`, { value: next, reason }, { ifMatch: headers.get('etag') ?? '' });
    await admin.world.drain();
    return body.inForce.value;
  };
  const before = await put((value: object) => ({ ...value, ...change }));
  try {
    return await work();
  } finally {
    await signInAgain(admin);
    await put(before);
  }
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A program of somebody else that takes POST: a push service, the receiver of webhooks. */
export async function receiver() {
  const received: Received[] = [];
  const state = { answer: 204 };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(state.answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    state,
    at: (path: string) => received.filter((one) => one.path === path),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
