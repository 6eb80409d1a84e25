import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { systemClock } from '#kit/clock.ts';
import { createLogger } from '#kit/log.ts';
import { bootPlatform, TEST_SECRET, type TestPlatform } from '#testing/env.ts';
import { freePort } from '#testing/ports.ts';

const ORIGIN = 'https://shop.example';
const LIMIT = 12;
/** Requests that one gateway of these tests handles at once. */
const ROOM = 4;
let platform: TestPlatform;
/** What the second gateway logs. */
const lines: string[] = [];
let second: { url: string; close(): Promise<void> };

beforeAll(async () => {
  const env = { RATE_AUTH: String(LIMIT), MAX_IN_FLIGHT: String(ROOM), CORS_ORIGINS: ORIGIN };
  platform = await bootPlatform({ services: ['gateway', 'auth', 'roles', 'users', 'analytics'], env });
  second = await startSecond(env);
});
afterAll(async () => {
  await second?.close();
  await platform?.close();
});

/** Another gateway on the same database, whose services are elsewhere. */
async function startSecond(env: Record<string, string>): Promise<typeof second> {
  const folder = mkdtempSync(join(tmpdir(), 'artel-second-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const nowhere = ['http://127.0.0.1:9'];
  const running = await startPlatform({
    services: ['gateway'],
    env,
    adminUrl: platform.adminUrl,
    migrate: false,
    clock: systemClock,
    log: createLogger({ level: 'info', pretty: false, write: (line) => lines.push(line) }),
    masterSecret: TEST_SECRET,
    serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
    publicUrl: url,
    filesFolder: folder,
    poolMax: 2,
    addresses: { auth: nowhere, users: nowhere, roles: nowhere, analytics: nowhere },
    listen: () => ({ host: '127.0.0.1', port }),
  });
  return {
    url,
    async close() {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** From one address of this machine: who tries again from another has all of his tries. */
function somebody(): (base: string) => Promise<Response> {
  const localAddress = `127.0.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const dispatcher = new Agent({ connect: { localAddress } });
  return async (base) =>
    (await fetch(`${base}/api/v1/password-resets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"nobody@example.com"}',
      dispatcher,
    } as RequestInit)) as Response;
}

test('L3: two gateways share a limit and tell the rest in the RateLimit headers', async () => {
  const reset = somebody();
  // Within one minute of the clock, which limits go by.
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 25_000) await sleep(left);
  for (let n = 0; n < LIMIT / 2; n++) {
    expect((await reset(platform.url)).status).not.toBe(429);
    expect((await reset(second.url)).status).not.toBe(429);
  }
  // The replicas tell each other their counts four times a second, a busy machine less often.
  const answers: Response[] = [];
  for (let n = 0; n < 20 && !answers.some((one) => one.status === 429); n++) {
    await sleep(500);
    answers.push(await reset(second.url));
  }
  const refused = answers.find((one) => one.status === 429);
  // Alone it would have had as many left as the other one took.
  expect(answers.length).toBeLessThan(LIMIT / 2);
  expect(refused?.headers.get('ratelimit')).toMatch(/^"auth";r=0;t=\d+$/);
  expect(refused?.headers.get('ratelimit-policy')).toBe(`"auth";q=${LIMIT};w=60`);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a service that is away is a fast 503 with Retry-After, never a hanging request', async () => {
  const started = performance.now();
  const answer = await fetch(`${second.url}/api/v1/profiles/somebody`);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  // Told at once, not when the deadline of the call has come.
  expect(performance.now() - started).toBeLessThan(8_000);
});

test('G5, P3: a line for every request, with its trace, pattern, status and time; no query, body or header', async () => {
  const traceId = 'ab'.repeat(16);
  await fetch(`${second.url}/api/v1/profiles/canary-slug?x=canary-query`, {
    headers: { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01`, 'x-request-id': 'canary-free-id-1' },
  });
  const answer = await fetch(`${second.url}/api/v1/sessions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${'cd'.repeat(8)}-01`,
      cookie: 'a=canary-c',
    },
    body: '{"email":"canary@example.com","password":"canary-password"}',
  });
  const requests = () =>
    lines.map((line) => JSON.parse(line)).filter((line) => line.msg === 'request' && line.traceId === traceId);
  await expect.poll(() => requests().length).toBe(2);
  expect(requests()).toMatchObject([
    { method: 'GET', route: '/api/v1/profiles/{slug}', status: 503, ms: expect.any(Number) },
    { method: 'POST', route: '/api/v1/sessions', status: answer.status, requestId: answer.headers.get('x-request-id') },
  ]);
  expect(JSON.stringify(requests()).replace('canary-free-id-1', '')).not.toContain('canary');
});

describe('L2, L4: overload', () => {
  /** A request whose body does not come. */
  function slow(): Promise<Socket> {
    const { hostname, port } = new URL(platform.url);
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        const head = 'POST /api/v1/unsubscribe/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
        socket.write(`${head}Content-Length: 100\r\n\r\n{`, () => resolve(socket));
      });
      // What is shed may be cut off.
      socket.on('error', () => {});
    });
  }

  test('is shed at once with 503, health stays, and it ends with its cause', async () => {
    const sockets: Socket[] = [];
    const ask = () => fetch(`${platform.url}/api/v1/profiles/somebody`, { headers: { connection: 'close' } });
    // One after another until nothing fits: what else is under way makes some of them be shed themselves.
    const crowd = async () => {
      sockets.push(await slow());
      return (await ask()).status;
    };
    await expect.poll(crowd, { timeout: 20_000 }).toBe(503);
    for (let n = 0; n < ROOM; n++) sockets.push(await slow());
    // None of them has ended: what is shed waits for nobody.
    const shed = await ask();
    expect([shed.headers.get('retry-after'), (await shed.json()).code]).toEqual(['1', 'unavailable']);
    for (const path of ['/healthz', '/readyz']) expect((await fetch(`${platform.url}${path}`)).status, path).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe(404);
  });
});

describe('what browsers are told', () => {
  const preflight = (origin: string) =>
    fetch(`${platform.url}/api/v1/me/profile`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
    });

  test('only listed origins may call from their pages', async () => {
    const fine = await preflight(ORIGIN);
    expect(fine.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(fine.headers.get('access-control-allow-methods')).toContain('PATCH');
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'null'])
      expect((await preflight(origin)).headers.get('access-control-allow-origin'), origin).toBeNull();
    const read = await fetch(`${platform.url}/api/v1/profiles/somebody`, { headers: { origin: ORIGIN } });
    expect(read.headers.get('access-control-expose-headers')).toMatch(/etag.*ratelimit/i);
  });

  test('security headers are on every answer', async () => {
    for (const path of ['/api/v1/profiles/somebody', '/api/docs', '/healthz']) {
      const { headers } = await fetch(`${platform.url}${path}`);
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('x-powered-by'), path).toBeNull();
    }
  });

  test('what has not changed is not sent again; what is long is sent compressed, by br or gzip', async () => {
    const size = async (encoding: string, more: Record<string, string> = {}) => {
      const answer = await fetch(`${platform.url}/api/openapi.json`, {
        headers: { 'accept-encoding': encoding, ...more },
      });
      await answer.arrayBuffer();
      return answer;
    };
    expect((await size('gzip')).headers.get('content-encoding')).toBe('gzip');
    const small = await size('br, gzip');
    expect(small.headers.get('content-encoding')).toBe('br');
    expect(small.headers.get('vary')).toMatch(/accept-encoding/i);
    const plain = await size('identity');
    expect(plain.headers.get('content-encoding')).toBeNull();
    const etag = plain.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    expect(small.headers.get('etag')).toBe(etag);
    const again = await size('identity', { 'if-none-match': etag });
    expect([again.status, again.headers.get('content-length')]).toEqual([304, null]);
  });
});
