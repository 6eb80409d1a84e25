import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { internal, type Route, route } from '#contracts/common/define.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import type { Problem } from '#kit/problem.ts';
import { remoteTransport, WIRE_HEADERS } from '#kit/service/client.ts';
import type { RawCall } from '#kit/service/dispatch.ts';

/** What a call to another process promises: who repeats what, how long it may take, what an absent peer costs. */
const read = route({
  method: 'GET',
  path: '/internal/thing',
  summary: 'Reads.',
  access: internal,
  reply: z.object({}),
});
const make = route({
  method: 'POST',
  path: '/internal/things',
  summary: 'Makes.',
  access: internal,
  body: z.object({}),
  reply: z.object({}),
  idempotency: 'optional',
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Peer {
  readonly url: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

async function peer(answer: (request: IncomingMessage, response: ServerResponse) => void, port = 0): Promise<Peer> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closers.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}
const cut = (_request: IncomingMessage, response: ServerResponse) => void response.destroy();

const credential = { tokenFor: async () => 'proof', verify: async () => 'orders' as const };

function client(...addresses: string[]) {
  const transport = remoteTransport({ callee: 'users', addresses, credential });
  closers.push(() => transport.close());
  const call = (idempotencyKey?: string, headers: Record<string, string> = {}): RawCall => ({
    params: {},
    query: {},
    body: {},
    contentType: 'application/json',
    caller: 'orders',
    user: undefined,
    origin: { ip: '', userAgent: '' },
    locale: 'en',
    idempotencyKey,
    headers,
  });
  const send = (to: Route, options: { timeoutMs?: number; key?: string; headers?: Record<string, string> } = {}) =>
    runInCall(newCall({ timeoutMs: options.timeoutMs ?? 5_000 }), () =>
      transport.send('thing', to, call(options.key, options.headers)),
    );
  return { send };
}

async function refusal(promise: Promise<unknown>): Promise<Problem> {
  return await promise.then(
    () => {
      throw new Error('should have been refused');
    },
    (error: Problem) => error,
  );
}

test('G2, Z5: only known headers go on: what the route declares, and our own; never what a caller made up', async () => {
  const users = await peer(json(200, {}));
  const signed = route({ ...read, headers: ['x-signature'] });
  const made = {
    'x-signature': 'declared',
    'x-made-up': 'no',
    'artel-service': 'forged',
    'artel-origin': '{"ip":"6.6.6.6"}',
    authorization: 'Bearer forged',
    cookie: 'session=forged',
    'x-forwarded-for': '6.6.6.6',
    'transfer-encoding': 'chunked',
  };
  await client(users.url).send(signed, { headers: made });
  const { headers } = users.requests[0] as IncomingMessage;
  expect(Object.keys(headers).sort()).toEqual([
    'accept',
    'artel-locale',
    'artel-service',
    'artel-timeout-ms',
    'connection',
    'host',
    'traceparent',
    'x-request-id',
    'x-signature',
  ]);
  expect(headers).toMatchObject({ 'x-signature': 'declared', 'artel-service': 'proof' });
});

describe('a repeat', () => {
  test('a read whose connection is cut is asked again', async () => {
    let asked = 0;
    const users = await peer((request, response) => (asked++ === 0 ? cut : json(200, {}))(request, response));
    expect((await client(users.url).send(read)).status).toBe(200);
    expect(users.requests).toHaveLength(2);
  });

  test('an unsafe call whose connection is cut is never sent twice: nobody knows whether it was done', async () => {
    const users = await peer(cut);
    expect(await refusal(client(users.url).send(make))).toMatchObject({ code: 'unavailable', retryAfter: 2 });
    expect(users.requests).toHaveLength(1);
  });

  test('an unsafe call under an idempotency key may be', async () => {
    let asked = 0;
    const users = await peer((request, response) => (asked++ === 0 ? cut : json(201, {}))(request, response));
    expect((await client(users.url).send(make, { key: 'a-key-of-this-call' })).status).toBe(201);
    expect(users.requests.map((request) => request.headers['idempotency-key'])).toEqual([
      'a-key-of-this-call',
      'a-key-of-this-call',
    ]);
  });

  test('what never reached a replica goes to the next one, whatever the method', async () => {
    const gone = await peer(cut);
    await gone.close();
    const users = await peer(json(201, {}));
    const { send } = client(gone.url, users.url);
    for (let i = 0; i < 4; i++) expect((await send(make)).status).toBe(201);
    expect(users.requests).toHaveLength(4);
  });

  test('an answer is an answer: a 4xx comes through with its code and is not asked again', async () => {
    const users = await peer(json(409, { code: 'users.taken', detail: 'that one', requestId: 'x' }));
    expect(await refusal(client(users.url).send(read))).toMatchObject({ code: 'users.taken', status: 409 });
    expect(users.requests).toHaveLength(1);
  });
});

describe('a deadline', () => {
  test('shrinks along the chain: the callee is told what is left', async () => {
    const users = await peer(json(200, {}));
    const { send } = client(users.url);
    await runInCall(newCall({ timeoutMs: 5_000 }), async () => {
      await send(read, { timeoutMs: 700 });
    });
    const told = Number(users.requests[0]?.headers[WIRE_HEADERS.deadline]);
    expect(told).toBeGreaterThan(300);
    expect(told).toBeLessThanOrEqual(700);
  });

  test('a hung peer never hangs its caller (F10)', async () => {
    const users = await peer(() => {});
    const begun = performance.now();
    const { code } = await refusal(client(users.url).send(make, { timeoutMs: 300 }));
    expect(['timeout', 'unavailable']).toContain(code);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('a call without time left is not made', async () => {
    const users = await peer(json(200, {}));
    const { send } = client(users.url);
    expect(await refusal(send(read, { timeoutMs: -1 }))).toMatchObject({ code: 'timeout' });
    expect(users.requests).toHaveLength(0);
  });
});

describe('the circuit breaker', () => {
  test('a peer that hangs up is not asked at every call, and found again when it is well', async () => {
    let well = false;
    const users = await peer((request, response) => (well ? json(201, {}) : cut)(request, response));
    const { send } = client(users.url);
    for (let i = 0; i < 6; i++) await refusal(send(make));
    well = true;
    const asked = users.requests.length;
    expect(await refusal(send(make))).toMatchObject({ code: 'unavailable' });
    expect(users.requests).toHaveLength(asked);
    await sleep(2_100);
    expect((await send(make)).status).toBe(201);
  });

  test('a replica that has just come back is asked while its neighbour restarts (F9)', async () => {
    const [one, two] = [await peer(json(200, {})), await peer(json(200, {}))];
    const port = Number(new URL(one.url).port);
    const { send } = client(one.url, two.url);
    await one.close();
    for (let i = 0; i < 20; i++) expect((await send(read)).status).toBe(200);
    await peer(json(200, {}), port);
    await two.close();
    for (let i = 0; i < 20; i++) expect((await send(read)).status).toBe(200);
  });

  test('calls side by side all find the replica that is left', async () => {
    const [gone, left] = [await peer(cut), await peer(json(201, {}))];
    await gone.close();
    const { send } = client(gone.url, left.url);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(make)));
    expect(answers.every((answer) => answer.status === 201)).toBe(true);
  });

  test('refusals do not open it', async () => {
    const users = await peer(json(404, { code: 'not_found', requestId: 'x' }));
    const { send } = client(users.url);
    for (let i = 0; i < 10; i++) expect(await refusal(send(read))).toMatchObject({ code: 'not_found' });
    expect(users.requests).toHaveLength(10);
  });
});
