/** The services that talk needs, twice, over the broker, with people who are signed in and two gateways to come by. */
import { randomBytes, randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { type Platform, startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { createLogger } from '#kit/log.ts';
import { TEST_SECRET } from '#testing/env.ts';
import { freePorts } from '#testing/ports.ts';
import { AMQP_URL, removeQueues } from '#testing/rabbit.ts';
import { testDatabase } from '#testing/postgres.ts';

const services = ['gateway', 'auth', 'roles', 'users', 'messenger'] as const;
const PASSWORD = 'верный конь батарея скрепка';

export interface Person {
  readonly userId: string;
  readonly token: string;
}
// biome-ignore lint/suspicious/noExplicitAny: frames and answers are read as a client would
type Any = any;

export interface Line {
  readonly frames: Any[];
  readonly socket: WebSocket;
  /** The first frame that fits, if it came already or when it comes. */
  heard(type: string, fits?: (frame: Any) => boolean): Promise<Any>;
  call(route: string, params: object, body?: object): Promise<Any>;
  close(): Promise<void>;
}

export interface Pair {
  readonly platforms: readonly Platform[];
  readonly gateways: readonly string[];
  person(name: string, role: 'client' | 'freelancer'): Promise<Person>;
  /** A conversation of the two, opened by a response. */
  conversation(client: Person, freelancer: Person): Promise<string>;
  api(gateway: number, token: string | undefined, method: string, path: string, body?: object): Promise<Any>;
  /** `keeps`: which frames are remembered; default: all. */
  connect(gateway: number, person: Person, keeps?: (frame: Any) => boolean): Promise<Line>;
  close(): Promise<void>;
}

export async function twoReplicas(env: Record<string, string> = {}): Promise<Pair> {
  const database = await testDatabase();
  const ports = await freePorts(2);
  const gateways = ports.map((port) => `http://127.0.0.1:${port}`);
  const prefix = `t${randomBytes(4).toString('hex')}.`;
  const platforms: Platform[] = [];
  for (const [index, port] of ports.entries())
    platforms.push(
      await startPlatform({
        services,
        env: { RATE_AUTH: '100000', RATE_READ: '100000', RATE_WRITE: '100000', ...env },
        adminUrl: database.url,
        amqpUrl: AMQP_URL,
        amqpPrefix: prefix,
        migrate: index === 0,
        clock: systemClock,
        log: createLogger({ level: 'silent', pretty: false }),
        masterSecret: TEST_SECRET,
        serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
        publicUrl: gateways[0] as string,
        filesFolder: '/nonexistent',
        poolMax: 5,
        addresses: {},
        listen: (service) => (service === 'gateway' ? { host: '127.0.0.1', port } : undefined),
      }),
    );

  const api: Pair['api'] = async (gateway, token, method, path, body) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${gateways[gateway % 2]}/api/v1${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : await answer.json();
  };

  return {
    platforms,
    gateways,
    api,
    async person(name, role) {
      const email = `${randomBytes(4).toString('hex')}@example.com`;
      await api(0, undefined, 'POST', '/registrations', {
        consents: JOINING_EXAMPLE,
        email,
        password: PASSWORD,
        displayName: name,
        roles: [role],
      });
      // The account is made behind the answer (A1).
      await vi.waitFor(
        async () => {
          const confirm = sql`update accounts set email_confirmed = true where email = ${email}`;
          if ((await platforms[0]?.host.service('auth')?.ctx.db.run(confirm)) !== 1) throw new Error('no account yet');
        },
        { timeout: 20_000, interval: 20 },
      );
      const signIn = () => api(0, undefined, 'POST', '/sessions', { email, password: PASSWORD });
      // A token from before the role was given is stale when that is known.
      await vi.waitFor(
        async () => {
          const { roles } = await api(0, (await signIn()).accessToken, 'GET', '/me/rights');
          if (!roles.includes(role)) throw new Error('no role yet');
        },
        { timeout: 20_000, interval: 300 },
      );
      const { userId, accessToken } = await signIn();
      return { userId, token: accessToken };
    },
    async conversation(client, freelancer) {
      const orderId = randomUUID();
      await platforms[0]?.bus.publish([responseTo(orderId, client.userId, freelancer.userId)]);
      return await vi.waitFor(
        async () => {
          const { items } = await api(0, client.token, 'GET', `/conversations?orderId=${orderId}`);
          if (items.length === 0) throw new Error('no conversation yet');
          return items[0].conversationId as string;
        },
        { timeout: 20_000, interval: 20 },
      );
    },
    connect: (gateway, { token }, keeps = () => true) =>
      line(`${(gateways[gateway % 2] as string).replace('http', 'ws')}/api/v1/socket`, token, keeps),
    async close() {
      for (const platform of platforms) await platform.close();
      await removeQueues(AMQP_URL, prefix);
      await database.drop();
    },
  };
}

function responseTo(orderId: string, clientId: string, freelancerId: string) {
  return {
    specversion: '1.0' as const,
    id: randomUUID(),
    type: ordersEvents.responseSubmitted.type,
    source: '/services/test',
    subject: orderId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json' as const,
    data: {
      responseId: randomUUID(),
      orderId,
      title: 'Логотип для кофейни',
      clientId,
      freelancerId,
      price: { amount: '1500000', currency: 'RUB' },
      first: true,
    },
  };
}

async function line(address: string, token: string, keeps: (frame: Any) => boolean): Promise<Line> {
  const socket = new WebSocket(address, ['artel.v1', `bearer.${token}`]);
  const frames: Any[] = [];
  const waiting = new Set<() => void>();
  const replies = new Map<string, (frame: Any) => void>();
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data));
    if (frame.type === 'reply') return replies.get(frame.id)?.(frame);
    if (keeps(frame)) frames.push(frame);
    for (const look of [...waiting]) look();
  });
  let calls = 0;
  const heard: Line['heard'] = (type, fits = () => true) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`no frame ${type}; heard ${JSON.stringify(frames).slice(0, 2_000)}`));
      }, 10_000);
      const look = () => {
        const frame = frames.find((one) => one.type === type && fits(one));
        if (!frame) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve(frame);
      };
      waiting.add(look);
      look();
    });
  await heard('ready');
  return {
    frames,
    socket,
    heard,
    call(route, params, body) {
      const id = String(++calls);
      socket.send(JSON.stringify({ type: 'call', id, route, params, body }));
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no answer to ${route}`)), 20_000);
        replies.set(id, (frame) => {
          clearTimeout(late);
          replies.delete(id);
          resolve(frame);
        });
      });
    },
    async close() {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close();
      await closed;
    },
  };
}
