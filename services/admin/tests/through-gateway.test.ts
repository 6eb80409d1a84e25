/** Admin as it is reached from outside: real sign-in, real gateway, analytics behind it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '#kit/problem.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';

const EMAIL = 'root@example.com';
const PASSWORD = 'a-long-enough-passphrase-7';
let platform: TestPlatform;
let token = '';

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${platform.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

beforeAll(async () => {
  platform = await bootPlatform({
    services: ['admin', 'auth', 'roles', 'analytics', 'gateway'],
    env: { ADMIN_EMAIL: EMAIL, ADMIN_PASSWORD: PASSWORD },
  });
  Object.assign(platform.ctx('admin').clients, {
    payments: {
      getInvariants: async () => {
        throw new Problem('unavailable');
      },
    },
  });
  await platform.drain();
  const answer = await call('POST', '/sessions', { email: EMAIL, password: PASSWORD });
  expect(answer.body).toMatchObject({ accessToken: expect.any(String) });
  token = answer.body.accessToken;
});
afterAll(() => platform.close());

test('the dashboard comes through the gateway with the admin’s own token', async () => {
  const answer = await call('GET', '/admin/dashboard?from=2026-11-01&to=2026-11-30');
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body).toMatchObject({ name: 'overview', money: null, openEscalations: 0 });
  expect(answer.body.panels.length).toBeGreaterThan(0);
});

test('a setting is edited with If-Match; a stale one is 412, a missing one 428', async () => {
  const path = '/admin/settings/payments.placement-fee';
  const { headers } = await call('GET', path);
  const body = { value: { amount: '15000', currency: 'RUB' }, reason: 'новый прайс' };
  const etag = headers.get('etag') ?? '';
  expect((await call('PUT', path, body)).status).toBe(428);
  expect((await call('PUT', path, body, { 'if-match': etag })).status).toBe(200);
  expect((await call('PUT', path, body, { 'if-match': etag })).status).toBe(412);
  const faulty = await call('PUT', path, { ...body, value: { amount: '-1', currency: 'RUB' } }, { 'if-match': '"2"' });
  expect(faulty).toMatchObject({ status: 400, body: { code: 'admin.setting_faulty' } });
  expect(faulty.body.errors[0].pointer).toBe('/body/value/amount');
});

test('a refusal of the executing service keeps its status and words', async () => {
  const rights = await call('GET', '/me/rights');
  expect(rights.body.roles).toContain('admin');
  const { items } = (await call('GET', '/admin/audit-log?action=auth.signed-in')).body;
  const answer = await call('PUT', `/admin/users/${items[0].targetId}/roles`, { roles: [], reason: 'ухожу' });
  expect(answer).toMatchObject({ status: 409, body: { code: 'roles.last_admin' } });
  expect(answer.body.title).toContain('Последнего администратора');
});

test('guests see dictionaries and public settings, and nothing else', async () => {
  const mine = token;
  token = '';
  try {
    const skills = await call('GET', '/dictionaries/skills');
    expect(skills.body.items.length).toBeGreaterThan(50);
    const etag = skills.headers.get('etag') ?? '';
    expect((await call('GET', '/dictionaries/skills', undefined, { 'if-none-match': etag })).status).toBe(304);
    expect((await call('GET', '/settings/public')).body.commission.bps).toBe(1000);
    expect((await call('GET', '/admin/settings')).status).toBe(401);
    expect((await call('GET', '/dictionaries/secrets')).status).toBe(404);
  } finally {
    token = mine;
  }
});

test('the log leaves as a file', async () => {
  const answer = await call('GET', '/admin/audit-log/export');
  expect(answer.headers.get('content-disposition')).toContain('audit-log-');
  expect(answer.body).toContain('auth.signed-in');
});
