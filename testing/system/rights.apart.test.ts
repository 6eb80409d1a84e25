import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import type { ServiceName } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import { type Line, type Pair, type Person, twoReplicas } from '#services/messenger/tests/two-replicas.ts';

/**
 * Z4, A8: what is taken from a person is gone on both replicas of everything, whichever was asked, in requests and in
 * sockets. It comes by a broadcast, within moments; nothing else would do it before the half minute after which a
 * gateway asks again by itself.
 */
const SOON = { timeout: 15_000, interval: 50 };
const PASSWORD = 'верный конь батарея скрепка';
let pair: Pair;
const ADMIN = randomUUID();

beforeAll(async () => {
  pair = await twoReplicas();
  await service(0, 'roles').ctx.db.run(
    sql`insert into assignments (user_id, role, since) values (${ADMIN}, 'admin', now())`,
  );
}, 120_000);
afterAll(() => pair?.close());

function service(replica: number, name: ServiceName) {
  const running = pair.platforms[replica]?.host.service(name);
  if (!running) throw new Error(`${name} does not run`);
  return running;
}

/** As the administration calls a service. */
async function act(replica: number, name: ServiceName, route: string, params: object, body: object): Promise<void> {
  await service(replica, name).dispatcher.dispatch(route, {
    params,
    query: {},
    body: { actorId: ADMIN, reason: 'проверка прав', ...body },
    contentType: 'application/json',
    caller: 'admin',
    user: undefined,
    origin: { ip: '', userAgent: '' },
    locale: 'ru',
  } as never);
}

/** What each gateway answers to the token: `200`, or the code of its refusal. */
function answers(token: string, path = '/me/rights'): Promise<unknown[]> {
  return Promise.all(
    pair.gateways.map(async (gateway) => {
      const answer = await fetch(`${gateway}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
      return answer.ok ? answer.status : ((await answer.json()) as { code: string }).code;
    }),
  );
}

/** Registers somebody, and waits until every service has heard of it: his first roles must not come in mid-test. */
async function register(role: 'client' | 'freelancer'): Promise<{ userId: string; signIn(): Promise<string> }> {
  const email = `${randomUUID().slice(0, 12)}@example.com`;
  const body = { consents: JOINING_EXAMPLE, email, password: PASSWORD, displayName: 'Анна', roles: [role] };
  await pair.api(0, undefined, 'POST', '/registrations', body);
  const auth = service(0, 'auth').ctx.db;
  const account = sql`update accounts set email_confirmed = true where email = ${email} returning user_id as "userId"`;
  let userId: string | undefined;
  await vi.waitFor(
    async () => {
      userId = (await auth.maybe<{ userId: string }>(account))?.userId;
      if (userId === undefined) throw new Error('no account yet');
    },
    { timeout: 20_000 },
  );
  await vi.waitFor(
    async () => {
      const given = sql`select 1 from assignments where user_id = ${userId}`;
      const profile = sql`select 1 from profiles where user_id = ${userId}`;
      const waiting = sql`select 1 from outbox`;
      const all = await Promise.all([
        ...(['auth', 'roles', 'users'] as const).map((name) => service(0, name).ctx.db.many(waiting)),
        ...(['auth', 'roles'] as const).map(async (name) =>
          Array.from({ length: (await service(0, name).ctx.bus.depth(name)).waiting }),
        ),
      ]);
      const there =
        (await service(0, 'roles').ctx.db.maybe(given)) && (await service(0, 'users').ctx.db.maybe(profile));
      if (!there || all.some((rows) => rows.length > 0)) throw new Error('not at rest yet');
    },
    { timeout: 30_000, interval: 100 },
  );
  return {
    userId: userId ?? '',
    signIn: async () =>
      (await pair.api(1, undefined, 'POST', '/sessions', { email, password: PASSWORD })).accessToken as string,
  };
}

/** Somebody whom both gateways know well, with a socket at each. */
async function known(role: 'client' | 'freelancer' = 'client'): Promise<Person & { sockets: Line[] }> {
  const { userId, signIn } = await register(role);
  const person = { userId, token: await signIn() };
  expect(await answers(person.token)).toEqual([200, 200]);
  return { ...person, sockets: [await pair.connect(0, person), await pair.connect(1, person)] };
}

async function bothClosed(sockets: readonly Line[]): Promise<void> {
  await expect.poll(() => sockets.map(({ socket }) => socket.readyState), SOON).toEqual([3, 3]);
}

test('Z4: a role that is taken is gone on both replicas, whichever took it', async () => {
  for (const replica of [0, 1]) {
    const { userId, token, sockets } = await known();
    await act(replica, 'roles', 'assignRoles', { userId }, { roles: [] });
    await expect.poll(() => answers(token), SOON).toEqual(['token_stale', 'token_stale']);
    await bothClosed(sockets);
  }
});

test('Z4: a permission that a role loses is gone from all who hold it, on both replicas', async () => {
  const watcher = { title: { ru: 'Наблюдатель', en: 'Watcher' }, version: null };
  await act(0, 'roles', 'putRole', { name: 'watcher' }, { ...watcher, permissions: ['roles.view'] });
  const { userId, signIn } = await register('client');
  const before = await signIn();
  await act(0, 'roles', 'assignRoles', { userId }, { roles: ['watcher'] });
  // The next token bears the role.
  await expect.poll(() => answers(before), SOON).toEqual(['token_stale', 'token_stale']);
  const token = await signIn();
  expect(await answers(token, '/roles')).toEqual([200, 200]);
  await act(1, 'roles', 'putRole', { name: 'watcher' }, { ...watcher, permissions: [] });
  await expect.poll(() => answers(token, '/roles'), SOON).toEqual(['token_stale', 'token_stale']);
  expect(await answers(await signIn(), '/roles')).toEqual(['forbidden', 'forbidden']);
});

test('Z4, A8: a block ends requests and sockets at both replicas, and so does an erasure', async () => {
  for (const [replica, route, body] of [
    [0, 'blockUser', { until: null }],
    [1, 'eraseUser', {}],
  ] as const) {
    const { userId, token, sockets } = await known('freelancer');
    await act(replica, 'users', route, { userId }, body);
    await expect.poll(() => answers(token), SOON).toEqual(['unauthenticated', 'unauthenticated']);
    await bothClosed(sockets);
  }
});

test('A8: a sign-out at one gateway is one at the other', async () => {
  const { token, sockets } = await known();
  await pair.api(0, token, 'DELETE', '/sessions/current');
  await expect.poll(() => answers(token), SOON).toEqual(['unauthenticated', 'unauthenticated']);
  await bothClosed(sockets);
});
