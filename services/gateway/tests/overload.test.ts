/** Overload (L2) and callers that are slow or many (L4): bounded, shed, and over when its cause is. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { InFlight } from '../limits/in-flight.ts';

const ADMIN = { email: 'root@artel.test', password: 'a-very-long-admin-passphrase' };
/** Requests that the gateway of these tests handles at once. */
const ROOM = 8;
const SOCKETS = 10_000;
let platform: TestPlatform;
let token: string;
let userId: string;

beforeAll(async () => {
  platform = await bootPlatform({
    services: ['gateway', 'auth', 'roles', 'users'],
    env: {
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      MAX_IN_FLIGHT: String(ROOM),
      MAX_SOCKETS: String(SOCKETS),
      MAX_SOCKETS_PER_USER: '100000',
      REQUEST_TIMEOUT: '4s',
      RATE_READ: '1000000',
      RATE_SOCKET: '1000000',
    },
  });
  await platform.drain();
  const answer = await fetch(`${platform.url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  ({ accessToken: token, userId } = (await answer.json()) as { accessToken: string; userId: string });
});
afterAll(() => platform?.close());

/** Bytes on the heap that are in use, after everything that can be let go is. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
const MB = 1024 * 1024;

/** A connection that sends these bytes and no more; `ended`: what came back, once the gateway hangs up. */
function dripping(bytes: string, from = '127.0.0.1'): Promise<{ socket: Socket; ended: Promise<string> }> {
  const { hostname: host, port } = new URL(platform.url);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), localAddress: from }, () =>
      socket.write(bytes, () => resolve({ socket, ended })),
    );
    let answer = '';
    const ended = new Promise<string>((over) => socket.once('close', () => over(answer)));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
  });
}

test('L2: five times what fits is answered or shed at once, health stays, memory is flat, and then all is as before', async () => {
  const seen = new Map<number, number>();
  const ask = async () => {
    const answer = await fetch(`${platform.url}/api/v1/profiles/nobody-of-this-name`);
    await answer.arrayBuffer();
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  };
  const crowd = async (rounds: number) => {
    const one = async () => {
      for (let n = 0; n < rounds; n++) await ask();
    };
    const health = async () => {
      for (let n = 0; n < rounds; n++) expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
    };
    await Promise.all([...Array.from({ length: 5 * ROOM }, one), health()]);
  };
  await crowd(20);
  const before = heap();
  await crowd(60);
  expect(heap() - before).toBeLessThan(40 * MB);
  // Nothing but answers and refusals that say when to come back.
  expect([...seen.keys()].sort()).toEqual([404, 503]);
  expect((await fetch(`${platform.url}/readyz`)).status).toBe(200);
  for (let n = 0; n < ROOM; n++)
    expect((await fetch(`${platform.url}/api/v1/profiles/nobody-of-this-name`)).status).toBe(404);
});

test('L4: heads and bodies that do not end are cut off, and give back the room they took', async () => {
  const head =
    'POST /api/v1/unsubscribe/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n';
  const slow = await Promise.all([
    ...Array.from({ length: ROOM }, () => dripping(`${head}\r\n{`)),
    ...Array.from({ length: ROOM }, () => dripping(`${head}X-More: `)),
  ]);
  for (const { ended } of slow) expect(await ended).toMatch(/^(HTTP\/1\.1 (408|503) |$)/);
  await expect
    .poll(async () => (await fetch(`${platform.url}/api/v1/profiles/x`)).status, { timeout: 20_000 })
    .toBe(404);
});

test('L4: one address can not take the room of the others', async () => {
  const head =
    'POST /api/v1/unsubscribe/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n';
  const greedy = await Promise.all(Array.from({ length: 2 * ROOM }, () => dripping(`${head}\r\n{`, '127.0.0.2')));
  const read = (from: string) =>
    dripping('GET /api/v1/profiles/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', from).then(
      ({ ended }) => ended,
    );
  for (let n = 0; n < 5; n++) expect(await read('127.0.0.1')).toMatch(/^HTTP\/1\.1 404 /);
  for (const { socket } of greedy) socket.destroy();
  await expect.poll(() => read('127.0.0.2'), { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 404 /);
});

test('L4: who does not read what he asked for is let go; who reads slowly has his time', async () => {
  let now = 0;
  const inFlight = new InFlight({ most: 10, patienceMs: 1_000, nowMs: () => now });
  const bytes = 32 * MB;
  const server = createServer((_request, response) => {
    inFlight.enter('127.0.0.1', response);
    inFlight.answered(response, bytes);
    response.end(Buffer.alloc(bytes));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  const gone = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.pause();
  await expect.poll(() => inFlight.size).toBe(1);
  // 32 MiB have half an hour and more.
  now = 2_000_000;
  inFlight.letGo();
  expect(inFlight.size).toBe(1);
  now = 2_100_000;
  inFlight.letGo();
  socket.resume();
  await gone;
  await expect.poll(() => inFlight.size).toBe(0);
  inFlight.close();
  server.close();
});

interface Seen {
  open: number;
  heard: number;
  fault?: string;
}

test('L4: ten thousand sockets at one gateway, a bound for them, and memory that comes back', async () => {
  const address = `${platform.url.replace('http', 'ws')}/api/v1/socket`;
  const crowd = fork(new URL('./crowd.ts', import.meta.url), [address, token]);
  const tell = async (order: object): Promise<Seen> => {
    const answer = once(crowd, 'message');
    crowd.send(order);
    const [seen] = (await answer) as [Seen];
    expect(seen.fault).toBeUndefined();
    return seen;
  };
  const oneMore = () =>
    new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(address, ['artel.v1', `bearer.${token}`]);
      socket.once('message', () => resolve(socket));
      socket.once('error', reject);
    });
  try {
    const before = heap();
    expect((await tell({ open: SOCKETS })).open).toBe(SOCKETS);
    expect((heap() - before) / SOCKETS).toBeLessThan(50 * 1024);
    await expect(oneMore()).rejects.toThrow('503');
    platform.ctx('users').live.push([userId], { type: 'for-all' });
    await expect
      .poll(async () => (await tell({ count: true })).heard, { timeout: 60_000, interval: 200 })
      .toBe(SOCKETS);
    expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${platform.url}/api/v1/profiles/x`)).status).toBe(404);
    const left = once(crowd, 'exit');
    crowd.send({ close: true });
    await left;
    // There is room again, and nothing is held of those who left.
    const last = await vi.waitFor(oneMore, { timeout: 20_000 });
    last.terminate();
    await expect.poll(() => heap() - before, { timeout: 20_000 }).toBeLessThan(60 * MB);
  } finally {
    crowd.kill();
  }
}, 180_000);
