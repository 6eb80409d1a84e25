/** Sockets end with what they stand on (A8, A10, Z4). */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { SESSIONS_CHANNEL } from '#contracts/auth/events.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
const PASSWORD = 'верный конь батарея скрепка';
let count = 0;
/** What runs every 30 s, the sockets' heartbeat among it. */
let everyHalfMinute: (() => void)[];

beforeAll(async () => {
  const timers = vi.spyOn(globalThis, 'setInterval');
  platform = await bootPlatform({
    services: ['gateway', 'auth', 'roles'],
    env: { RATE_AUTH: '1000', RATE_WRITE: '1000' },
  });
  everyHalfMinute = timers.mock.calls.filter(([, ms]) => ms === 30_000).map(([run]) => run as () => void);
  timers.mockRestore();
});
afterAll(() => platform?.close());

async function api(method: string, path: string, body?: object, token?: string): Promise<any> {
  const response = await fetch(`${platform.url}/api/v1${path}`, {
    method,
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

async function newPerson(roles: string[]) {
  const email = `socket${count++}@example.com`;
  await api('POST', '/registrations', {
    consents: JOINING_EXAMPLE,
    email,
    password: PASSWORD,
    displayName: 'Анна',
    roles,
  });
  await platform.drain();
  return await api('POST', '/sessions', { email, password: PASSWORD });
}

/** Open once its first frame came. `closed` tells code and reason. */
async function open(token: string, origin?: string) {
  const socket = new WebSocket(
    `${platform.url.replace('http', 'ws')}/api/v1/socket`,
    ['artel.v1', `bearer.${token}`],
    origin === undefined ? {} : { origin },
  );
  const closed = new Promise<string>((resolve) => socket.once('close', (code, why) => resolve(`${code} ${why}`)));
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('error', reject);
  });
  return { socket, closed };
}

test('A10: a foreign origin and a dead token open nothing', async () => {
  const { accessToken } = await newPerson(['client']);
  await expect(open(accessToken, 'https://evil.example')).rejects.toThrow('403');
  await api('DELETE', '/sessions/current', undefined, accessToken);
  await expect(open(accessToken)).rejects.toThrow('401');
});

test('A8: signing out closes the sockets of that session alone', async () => {
  const one = await newPerson(['client']);
  const other = await newPerson(['client']);
  const [mine, theirs] = [await open(one.accessToken), await open(other.accessToken)];
  await api('DELETE', '/sessions/current', undefined, one.accessToken);
  expect(await mine.closed).toBe('4401 the session has ended');
  expect(theirs.socket.readyState).toBe(WebSocket.OPEN);
  theirs.socket.close();
});

test('Z4: a lost role closes the sockets; the next token opens one that stays', async () => {
  const { userId, accessToken, refreshToken } = await newPerson(['client', 'freelancer']);
  const live = await open(accessToken);
  const actorId = newId();
  await platform
    .ctx('roles')
    .db.run(sql`insert into assignments (user_id, role, since) values (${actorId}, 'admin', now())`);
  const body = { actorId, roles: ['client'], reason: 'a test of sockets' };
  await platform.call('roles', 'assignRoles', { caller: 'admin', params: { userId }, body });
  await platform.drain();
  expect(await live.closed).toBe('4401 the rights have changed');
  await expect(open(accessToken)).rejects.toThrow('401');
  const next = await api('POST', '/sessions/refresh', { refreshToken });
  const again = await open(next.accessToken);
  // A change of a role that it does not have, and one that its token already knows of, are not its business.
  platform
    .ctx('auth')
    .bus.broadcast(SESSIONS_CHANNEL, { userId: null, sessionIds: null, role: 'admin', validFrom: 1e12 });
  platform.ctx('auth').bus.broadcast(SESSIONS_CHANNEL, { userId, sessionIds: null, role: null, validFrom: 1 });
  again.socket.send('{"type":"ping"}');
  await new Promise((resolve) => again.socket.once('message', resolve));
  expect(again.socket.readyState).toBe(WebSocket.OPEN);
  again.socket.close();
});

test('A8: a socket whose end nobody announced is found by asking', async () => {
  const one = await newPerson(['client']);
  const other = await newPerson(['client']);
  const [mine, theirs] = [await open(one.accessToken), await open(other.accessToken)];
  await platform.ctx('auth').db.run(sql`update sessions set ended_at = now() where user_id = ${one.userId}`);
  const later = Date.now() + 31_000;
  const now = vi.spyOn(Date, 'now').mockImplementation(() => later);
  for (const run of everyHalfMinute) run();
  expect(await mine.closed).toBe('4401 the session has ended');
  now.mockRestore();
  expect(theirs.socket.readyState).toBe(WebSocket.OPEN);
  theirs.socket.close();
});

test('A8: a block and a change of password close sockets; the session that changed it keeps its own', async () => {
  const blocked = await newPerson(['client']);
  const live = await open(blocked.accessToken);
  const lock = { caller: 'users' as const, params: { userId: blocked.userId }, body: { locked: true, until: null } };
  await platform.call('auth', 'lockUser', lock);
  expect(await live.closed).toBe('4401 the session has ended');
  const email = `socket${count}@example.com`;
  const here = await newPerson(['client']);
  const there = await api('POST', '/sessions', { email, password: PASSWORD });
  const [mine, other] = [await open(here.accessToken), await open(there.accessToken)];
  await api('PUT', '/me/password', { current: PASSWORD, next: 'another horse battery' }, here.accessToken);
  expect(await other.closed).toBe('4401 the session has ended');
  expect(mine.socket.readyState).toBe(WebSocket.OPEN);
  mine.socket.close();
});

test('A10: a socket ends when its token does', async () => {
  const { accessToken } = await newPerson(['client']);
  const live = await open(accessToken);
  await platform.advance(6 * 60_000);
  for (const run of everyHalfMinute) run();
  expect(await live.closed).toBe('4401 the token has expired');
});
