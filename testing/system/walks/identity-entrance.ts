/** Rights as data, and the gateway at which everything enters (R1–R3, G1–G5). */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { ADMIN, type World } from '../world.ts';
import { allSay, joining, newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

/** Live sockets that an address may open in a minute, in the worlds of these walks. */
export const SOCKETS_A_MINUTE = 80;

const BARE = { key: false } as const;

async function roles(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const agent = await newPerson(world, 'Аудит Ролевой');
  const name = `auditor-${randomUUID().slice(0, 8)}`;
  const title = { ru: 'Ревизор', en: 'Auditor' };
  const put = (by: Api, more: object, expected?: number) =>
    by.put(
      `/admin/roles/${name}`,
      { title, reason: 'проверка ролей', version: null, ...more },
      expected ? { expect: expected } : {},
    );
  const assign = (by: Api, userId: string, wanted: string[], expected?: number) =>
    by.put(
      `/admin/users/${userId}/roles`,
      { roles: wanted, reason: 'проверка ролей' },
      expected ? { expect: expected } : {},
    );
  expect((await put(admin, { permissions: ['world.rule'] }, 400)).body.code).toBe('roles.unknown_permission');
  const made = (await put(admin, { permissions: ['roles.view'] })).body;
  // Given: acts at the next request, on every replica; so does what the role loses.
  await allSay(world, agent.token, 'forbidden', '/roles');
  await assign(admin, agent.userId, ['client', name]);
  await allSay(world, agent.token, 'token_stale');
  await agent.refresh();
  await allSay(world, agent.token, 200, '/roles');
  const explained = `/roles/explain?user=${agent.userId}&permission=roles.view`;
  expect((await admin.get(explained)).body).toMatchObject({ allowed: true, why: expect.stringContaining(name) });
  expect((await admin.get(explained.replace('roles.view', 'admin.users.block'))).body.allowed).toBe(false);
  const ownership = (await admin.get(explained.replace('roles.view', 'orders.create'))).body;
  expect(ownership.endpoints).toContainEqual({
    endpoint: 'POST /api/v1/orders/{orderId}/publication',
    owner: 'ownOrder',
    whose: 'свой заказ',
  });
  // Nobody gives, makes or takes more than he has.
  const changed = (
    await put(admin, { permissions: ['roles.view', 'admin.roles.assign', 'admin.roles.edit'], version: made.version })
  ).body;
  await allSay(world, agent.token, 'token_stale');
  await agent.refresh();
  const friend = await newPerson(world, 'Друг Ревизора');
  for (const [userId, wanted] of [
    [friend.userId, ['admin']],
    [agent.userId, ['client', name, 'admin']],
    [friend.userId, ['support']],
  ] as const)
    expect((await assign(agent, userId, [...wanted], 403)).body.code).toBe('roles.more_than_own');
  const more = { permissions: [...changed.permissions, 'admin.users.block'], version: changed.version };
  expect((await put(agent, more, 403)).body.code).toBe('roles.more_than_own');
  expect((await assign(agent, friend.userId, ['client', 'freelancer'])).body.roles).toEqual(['client', 'freelancer']);
  // An edit wants the version; the last admin stays.
  await put(admin, { permissions: [], version: made.version }, 412);
  const { items: staff } = (await admin.get('/admin/staff')).body;
  const admins = staff.filter((one: { roles: string[] }) => one.roles.includes('admin'));
  expect(admins).toHaveLength(1);
  expect((await assign(admin, admin.userId, ['client'], 409)).body.code).toBe('roles.last_admin');
  const last = { permissions: [], version: changed.version };
  await put(admin, last);
  await allSay(world, agent.token, 'token_stale');
  await agent.refresh();
  await allSay(world, agent.token, 'forbidden', '/roles');
  // R2, R1: who did it stands in the history, of the role and of the person.
  const { items } = (await admin.get(`/roles/${name}/history`)).body;
  expect(items.map(({ action }: { action: string }) => action)).toEqual(['changed', 'changed', 'created']);
  expect(items[0]).toMatchObject({ actorId: admin.userId, before: changed.permissions, after: [] });
  const { body: assignments } = await admin.get(`/role-assignments/${agent.userId}`);
  expect(assignments.history[0]).toMatchObject({
    actorId: admin.userId,
    after: ['client', name].sort(),
    before: ['client'],
  });
  const { items: known } = (await admin.get('/permissions')).body;
  expect(new Set(known.map(({ service }: { service: string }) => service)).size).toBeGreaterThan(7);
}

/** A request as bytes; answers all that comes until the connection ends, and how long that took. */
function raw(base: string, lines: string): Promise<{ answer: string; ms: number }> {
  const { port } = new URL(base);
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(lines));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ answer, ms: performance.now() - started }));
  });
}

async function hostileRequests(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const authorization = `Bearer ${admin.token}`;
  for (const base of world.gateways) {
    const get = (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers });
    // Z5, G3: identity in headers is worth nothing; what is not on the list does not reach a service.
    for (const headers of [
      { 'artel-service': 'admin', 'x-user-id': admin.userId, 'x-role': 'admin' },
      { 'artel-user': admin.token ?? '', 'x-forwarded-user': admin.userId },
      { authorization: 'Bearer x.y.z' },
    ] as Record<string, string>[])
      expect((await get('/api/v1/roles', headers)).status).toBe(401);
    // G2: what is for services, and metrics, do not exist outside.
    for (const path of ['/internal/keys', '/api/v1/internal/keys', '/metrics', '/api/v1/internal/sessions/check'])
      expect((await get(path, { authorization })).status, path).toBe(404);
    // G5: every answer names its request.
    const named = await get('/api/v1/roles', { 'x-request-id': 'my-request-0001' });
    expect([named.status, named.headers.get('x-request-id')]).toEqual([401, 'my-request-0001']);
    expect((await get('/api/v1/roles', { 'x-request-id': '<script>' })).headers.get('x-request-id')).toMatch(
      /^[0-9a-f]{32}$/,
    );
    // B4: paths, lengths, bodies that two readers could understand differently.
    for (const path of [
      '/api/v1/..%2finternal/keys',
      '/api//v1/roles',
      '/api/v1/%5croles',
      '/api/v1/roles%00',
      '/api/v1/%2e%2e/roles',
      '/api/v1/roles/.',
    ])
      expect((await raw(base, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).answer, path).toMatch(
        /^HTTP\/1.1 400/,
      );
    const post = 'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const behind = `GET /api/v1/roles HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    for (const lines of [
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${behind}`,
      `${post}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${behind}`,
      `${post}Content-Length : 2\r\n\r\n{}${behind}`,
    ]) {
      const { answer } = await raw(base, lines);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    }
    const send = async (body: string, type = 'application/json') => {
      const answer = await fetch(`${base}/api/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return { status: answer.status, ...((await answer.json()) as { code: string }) };
    };
    expect((await send('{"email":"a","email":"b","password":"x"}')).code).toBe('malformed');
    expect((await send('{"__proto__":{"x":1}}')).code).toBe('malformed');
    expect((await send(`${'['.repeat(500)}${']'.repeat(500)}`)).code).toBe('malformed');
    expect((await send('<a/>', 'text/xml')).status).toBe(415);
    expect((await send(`{"email":"${'x'.repeat(300_000)}"}`)).status).toBe(413);
  }
}

async function manners(world: World): Promise<void> {
  const ORIGIN = 'https://shop.example';
  for (const base of world.gateways) {
    // Only listed origins may call from their pages.
    const preflight = (origin: string) =>
      fetch(`${base}/api/v1/me/profile`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
      });
    const fine = await preflight(ORIGIN);
    expect(fine.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null'])
      expect((await preflight(origin)).headers.get('access-control-allow-origin'), origin).toBeNull();
    for (const path of ['/api/v1/dictionaries/skills', '/healthz', '/']) {
      const { headers } = await fetch(`${base}${path}`);
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('x-powered-by'), path).toBeNull();
    }
    // What has not changed is not sent again; what is long travels compressed.
    const get = async (encoding: string, more: Record<string, string> = {}) => {
      const answer = await fetch(`${base}/api/openapi.json`, { headers: { 'accept-encoding': encoding, ...more } });
      await answer.arrayBuffer();
      return answer;
    };
    expect((await get('gzip')).headers.get('content-encoding')).toBe('gzip');
    expect((await get('br, gzip')).headers.get('content-encoding')).toBe('br');
    const plain = await get('identity');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect((await get('identity', { 'if-none-match': plain.headers.get('etag') ?? '' })).status).toBe(304);
  }
  // A resource of a service too, whichever gateway and replica is asked with the tag of another.
  const guest = new Api(world);
  const etag = (await guest.get('/dictionaries/skills')).headers.get('etag') ?? '';
  expect(etag).not.toBe('');
  for (const _ of [...world.gateways, ...world.gateways])
    await guest.get('/dictionaries/skills', { headers: { 'if-none-match': etag }, expect: 304 });
}

async function limits(world: World): Promise<void> {
  const person = await newPerson(world, 'Нетерпеливый Загрузчик', ['freelancer']);
  const most = 40;
  const send = (forwarded: string) =>
    person.put('/me/profile/avatar', undefined, {
      bytes: Buffer.from('no image'),
      contentType: 'image/png',
      headers: { 'x-forwarded-for': forwarded },
      expect: [400, 429],
    });
  // At the gateways in turn, each telling the others its counts four times a second; a minute may turn over in between.
  let refused: Awaited<ReturnType<typeof send>> | undefined;
  let sent = 0;
  for (; sent < 3 * most && !refused; sent++) {
    const answer = await send(`203.0.113.${sent}`);
    expect(answer.headers.get('ratelimit-policy')).toBe(`"upload";q=${most};w=60`);
    if (answer.status === 429) refused = answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(refused?.body.code).toBe('too_many_requests');
  expect(refused?.headers.get('ratelimit')).toMatch(/^"upload";r=0;t=\d+$/);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  // Another person, and what is no upload, are not touched.
  await person.get('/me/profile');
  const other = await newPerson(world, 'Спокойный Загрузчик', ['freelancer']);
  await other.put('/me/profile/avatar', undefined, {
    bytes: Buffer.from('no image'),
    contentType: 'image/png',
    expect: 400,
  });
}

/** Guests are counted by address, whatever they say of it. */
async function addresses(world: World): Promise<void> {
  const upgrade = async (base: string, forwarded: string) => {
    const { hostname, port } = new URL(base);
    const request = httpRequest({
      host: hostname,
      port,
      path: '/api/v1/socket',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'x-forwarded-for': forwarded,
        forwarded: `for=${forwarded}`,
      },
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  let refused = false;
  for (let sent = 0; sent < 3 * SOCKETS_A_MINUTE && !refused; sent++) {
    const status = await upgrade(world.gateways[sent % world.gateways.length] as string, `203.0.113.${sent % 250}`);
    expect([401, 429]).toContain(status);
    refused = status === 429;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(refused).toBe(true);
  // L3: other spellings of a mailbox get no mail beyond its limit.
  const guest = new Api(world);
  const name = randomUUID().slice(0, 8);
  const spellings = Array.from({ length: 9 }, (_, n) => `${name.slice(0, 4)}.${name.slice(4)}+${n}@gmail.com`);
  for (const email of spellings) await guest.post('/registrations', joining(email), { expect: 202 });
  await world.drain();
  const mails = await Promise.all(
    spellings.map(async (to) => {
      const answer = await fetch(`${world.outside.catcherUrl}/api/messages?${new URLSearchParams({ to })}`);
      return ((await answer.json()) as { items: unknown[] }).items.length;
    }),
  );
  expect(mails.reduce((sum, count) => sum + count, 0)).toBe(6);
}

async function timeLimits(world: World): Promise<void> {
  const head = 'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n';
  const cut = await Promise.all(
    world.gateways.flatMap((base) => [raw(base, `${head}\r\n{`), raw(base, `${head}X-More: `)]),
  );
  for (const { answer, ms } of cut) {
    expect(answer).toMatch(/^(HTTP\/1\.1 (408|503) |$)/);
    expect(ms).toBeLessThan(60_000);
  }
  for (const base of world.gateways) expect((await fetch(`${base}/readyz`)).status).toBe(200);
  await new Api(world).post('/sessions', { email: ADMIN.email, password: ADMIN.password }, BARE);
}

export const ENTRANCE: readonly Walk[] = [
  { name: 'R1–R3, Z4: a role of one’s own, its history, its explanation; nobody gives more than he has', run: roles },
  { name: 'G1–G5, Z5, B4: forged identities, odd paths, two-faced requests', run: hostileRequests },
  { name: 'G1: origins, security headers, conditional GET, br and gzip', run: manners },
  { name: 'L3: a limit of a person is shared by the gateways and told in headers', run: limits },
  { name: 'L3: rotated X-Forwarded-For and spellings of a mailbox dodge no limit', run: addresses },
  { name: 'L4: heads and bodies that do not come are cut off', run: timeLimits },
];
