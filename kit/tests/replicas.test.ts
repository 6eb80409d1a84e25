import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { internal, route } from '#contracts/common/define.ts';
import { remoteTransport } from '#kit/service/client.ts';

const make = route({
  method: 'POST',
  path: '/internal/things',
  summary: 'Makes.',
  access: internal,
  body: z.object({}),
  reply: z.object({}),
});
const servers: Server[] = [];
/** Requests that reached each address. */
const seen = new Map<string, number>();
let port: number;
let close: (() => Promise<void>) | undefined;

async function listen(address: string): Promise<void> {
  const server = createServer((_request, response) => {
    seen.set(address, (seen.get(address) ?? 0) + 1);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(port, address, resolve));
  port = (server.address() as AddressInfo).port;
  servers.push(server);
}

beforeEach(async () => {
  port = 0;
  seen.clear();
  await listen('127.0.0.1');
  await listen('127.0.0.2');
});
afterEach(async () => {
  vi.useRealTimers();
  await close?.();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function client(behind: { now: readonly string[] }) {
  const credential = { tokenFor: async () => 'proof', verify: async () => 'orders' as const };
  const addresses = [`http://users.test:${port}`];
  const transport = remoteTransport({ callee: 'users', addresses, credential, lookup: async () => behind.now });
  close = () => transport.close();
  const call = { params: {}, query: {}, body: {}, contentType: 'application/json', caller: 'orders' as const };
  return () =>
    transport.send('make', make, { ...call, user: undefined, origin: { ip: '', userAgent: '' }, locale: 'en' });
}

test('calls take turns through the replicas behind one name', async () => {
  const send = client({ now: ['127.0.0.1', '127.0.0.2'] });
  for (let n = 0; n < 10; n++) await send();
  expect(Object.fromEntries(seen)).toEqual({ '127.0.0.1': 5, '127.0.0.2': 5 });
});

test('one that is away costs no call, even of a kind that is not repeated', async () => {
  const send = client({ now: ['127.0.0.1', '127.0.0.3'] });
  for (let n = 0; n < 10; n++) expect((await send()).status).toBe(200);
  expect(Object.fromEntries(seen)).toEqual({ '127.0.0.1': 10 });
});

test('a new replica gets its share, one that is gone is asked no more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const behind = { now: ['127.0.0.1'] };
  const send = client(behind);
  await send();
  behind.now = ['127.0.0.2'];
  await vi.advanceTimersByTimeAsync(3_100);
  for (let n = 0; n < 4; n++) await send();
  expect(Object.fromEntries(seen)).toEqual({ '127.0.0.1': 1, '127.0.0.2': 4 });
});
