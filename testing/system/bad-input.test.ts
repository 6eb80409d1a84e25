import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contracts } from '#contracts/all.ts';
import type { Contract, Route } from '#contracts/common/define.ts';
import { isBytes } from '#kit/service/dispatch.ts';
import { Api } from './api.ts';
import { ADMIN, allInOne, type World } from './world.ts';

/** B1, B4: for every endpoint of the OpenAPI document, generated bad input gives a 4xx problem answer, never a 5xx. */
let world: World;
let admin: Api;

beforeAll(async () => {
  world = await allInOne();
  await world.drain();
  admin = new Api(world);
  await admin.signIn(ADMIN.email, ADMIN.password);
}, 60_000);
afterAll(() => world?.close());

const routes = (Object.values(contracts) as Contract[]).flatMap((contract) =>
  Object.entries(contract.http)
    .filter(([, route]) => route.access.kind !== 'service')
    .map(([name, route]) => ({ name: `${contract.name}.${name}`, route })),
);

const nasty = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u202e',
    '%00',
    '../../etc/passwd',
    "' or 1=1 --",
    '${7*7}',
    '{{7*7}}',
    '<script>alert(1)</script>',
    '9'.repeat(400),
    '-1',
    '1e999',
    'NaN',
    'ё'.repeat(3000),
    'ё'.repeat(400),
  ),
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    null,
    true,
    [],
    {},
    [[[[]]]],
    { amount: '-1', currency: 'RUB' },
    { amount: 1.5, currency: 'ABC' },
    { amount: '9'.repeat(30), currency: 'RUB' },
  ),
);

/** Values of the declared fields, each nasty or missing, and fields that must not be set (B3). */
function badBody(route: Route): fc.Arbitrary<unknown> {
  const shape = (route.body as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
  const fields = [...Object.keys(shape), 'role', 'userId', 'status', 'balance', 'constructor'];
  return fc.oneof(
    {
      arbitrary: fc.record(Object.fromEntries(fields.map((field) => [field, nasty])), { requiredKeys: [] }),
      weight: 4,
    },
    { arbitrary: nasty, weight: 1 },
  );
}

function pathOf(route: Route, values: readonly unknown[]): string {
  let index = 0;
  const path = route.path.replace(/\{\w+\}/g, () =>
    encodeURIComponent(String(values[index++ % values.length] ?? '') || 'x'),
  );
  return path.startsWith('/.') ? path : `/api/v1${path}`;
}

const PROBLEM = { type: '/problems/', requestId: '' };

async function send(
  route: Route,
  path: string,
  init: { body?: string | Buffer; contentType?: string; headers?: Record<string, string> },
): Promise<{ status: number; text: string; type: string }> {
  const base = world.gateways[0] as string;
  const hasBody = route.method !== 'GET' && route.method !== 'HEAD' && init.body !== undefined;
  const response = await fetch(`${base}${path}`, {
    method: route.method,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${admin.token}`,
      ...(hasBody ? { 'content-type': init.contentType ?? 'application/json' } : {}),
      ...init.headers,
    },
    body: hasBody ? (init.body as string) : undefined,
  });
  const type = response.headers.get('content-type') ?? '';
  // Without a body the problem's code stands in a header; what could not be read as HTTP is refused before that.
  const unread = response.status === 431 ? 'headers_too_large' : null;
  const code = response.headers.get('artel-problem') ?? unread;
  if (route.method === 'HEAD' && code !== null)
    return { status: response.status, text: JSON.stringify({ ...PROBLEM, code, status: response.status }), type };
  return { status: response.status, text: await response.text(), type };
}

function check(name: string, sent: string, answer: { status: number; text: string; type: string }): void {
  const what = `${name} ${sent.slice(0, 300)} → ${answer.status} ${answer.text.slice(0, 300)}`;
  expect(answer.status, what).toBeLessThan(500);
  // Pages that a person opens from a mail answer in words (text/html); everything else is a problem document.
  if (answer.status >= 400 && !answer.type.startsWith('text/html')) {
    expect(answer.type, what).toContain('application/problem+json');
    expect(JSON.parse(answer.text), what).toMatchObject({
      status: answer.status,
      code: expect.any(String),
      type: expect.stringMatching(/^\/problems\//),
      requestId: expect.any(String),
    });
  }
  expect(answer.text, what).not.toMatch(/\bat .+\.ts:\d+/);
}

test('there are endpoints of every service', () => {
  expect(routes.length).toBeGreaterThan(60);
});

describe.each(
  routes.filter(({ name }) => !/^auth\.(endSession|endCurrentSession|endOtherSessions|signOut)/.test(name)),
)('$name', ({ name, route }) => {
  test('bad bodies, parameters and headers', async () => {
    const cases = fc.sample(
      fc.tuple(
        badBody(route),
        fc.array(nasty, { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.constantFrom('limit', 'cursor', 'q', 'from', 'to', 'status', 'sort'), nasty, { maxKeys: 3 }),
      ),
      { numRuns: 8, seed: 20261123 },
    );
    for (const [body, params, query] of cases) {
      const search = new URLSearchParams(
        Object.entries(query).map(([key, value]) => [
          key,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ]),
      );
      const path = `${pathOf(route, params)}?${search}`;
      const text = JSON.stringify(body) ?? 'null';
      const answer = await send(route, path, {
        body: isBytes(route.body) ? Buffer.from(text) : text,
        contentType: isBytes(route.body) ? (route.body.types[0] ?? '').replace('*', 'png') : undefined,
        headers: { 'idempotency-key': randomUUID(), 'if-match': '"1"' },
      });
      check(name, `${path} ${text}`, answer);
    }
    const ids = pathOf(route, [randomUUID()]);
    if (route.body && !isBytes(route.body)) {
      for (const broken of [
        '{',
        '{"a":1,"a":2}',
        '{"__proto__":{"admin":true}}',
        '['.repeat(2_000),
        '\ufffe',
        '{"title":"\ud800"}',
      ]) {
        const answer = await send(route, ids, {
          body: broken,
          headers: { 'idempotency-key': randomUUID(), 'if-match': '"1"' },
        });
        check(name, broken, answer);
        expect(answer.status).toBeGreaterThanOrEqual(400);
      }
      check(name, 'text/xml', await send(route, ids, { body: '<a/>', contentType: 'text/xml' }));
    }
    check(
      name,
      'odd headers',
      await send(route, ids, {
        body: '{}',
        headers: {
          'idempotency-key': 'k',
          'if-match': 'W/"x"',
          'accept-language': '\u00ff'.repeat(50),
          traceparent: 'zz',
          'x-request-id': '<>',
        },
      }),
    );
  }, 30_000);
});
