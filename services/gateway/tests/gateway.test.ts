import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { addressKey } from '../limits/rate-limiter.ts';

let platform: TestPlatform;
const ADMIN = { email: 'root@artel.test', password: 'a-very-long-admin-passphrase' };
let token: string;

beforeAll(async () => {
  platform = await bootPlatform({
    services: ['gateway', 'auth', 'roles', 'analytics', 'notifications'],
    env: {
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FEEDBACK_KEY: 'key-of-the-mail-server',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      RATE_AUTH: '20',
    },
  });
  await platform.drain();
  token = (await send('POST', '/api/v1/sessions', { body: JSON.stringify(ADMIN) })).body.accessToken;
});
afterAll(() => platform?.close());

async function send(method: string, path: string, of: { body?: string; headers?: Record<string, string> } = {}) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { ...(of.body === undefined ? {} : { 'content-type': 'application/json' }), ...of.headers },
    body: of.body,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text,
  };
}

/** A request as bytes: for paths and headers that a well-mannered client would mend. */
function raw(lines: string): Promise<string> {
  const { hostname, port } = new URL(platform.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(lines));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('G1–G5: the single entry', () => {
  test('every answer names its request; a well-formed id and trace are kept, others replaced', async () => {
    const kept = await send('GET', '/api/v1/roles', { headers: { 'x-request-id': 'my-request-0001' } });
    expect([kept.status, kept.headers.get('x-request-id')]).toEqual([401, 'my-request-0001']);
    expect(kept.body).toMatchObject({
      type: '/problems/unauthenticated',
      code: 'unauthenticated',
      status: 401,
      requestId: 'my-request-0001',
    });
    const odd = await send('GET', '/api/v1/roles', { headers: { 'x-request-id': '<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('G3, Z5: identity headers of others are worth nothing', async () => {
    for (const headers of [
      { 'artel-service': 'x', 'x-user-id': '1', 'x-role': 'admin' },
      { authorization: 'Bearer x.y.z' },
      { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
    ] as Record<string, string>[]) {
      expect((await send('GET', '/api/v1/roles', { headers })).status).toBe(401);
    }
    expect((await send('GET', '/api/v1/roles', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  test('N1: a route with a key of its own gets it as it came; it opens nothing else', async () => {
    const body = JSON.stringify({ messageId: '<0199a000-0000-7000-8000-000000000000@localhost>', kind: 'bounce' });
    const report = async (key: string) =>
      (await send('POST', '/api/v1/mail-feedback', { body, headers: { authorization: `Bearer ${key}` } })).status;
    expect([await report('key-of-the-mail-server'), await report('other'), await report(token)]).toEqual([
      204, 401, 401,
    ]);
    const headers = { authorization: 'Bearer key-of-the-mail-server' };
    expect((await send('GET', '/api/v1/roles', { headers })).status).toBe(401);
  });

  test('G2: service routes and metrics do not exist outside', async () => {
    for (const path of ['/internal/keys', '/api/v1/internal/keys', '/metrics', '/api/v1/internal/sessions/check'])
      expect((await send('GET', path, { headers: { authorization: `Bearer ${token}` } })).status, path).toBe(404);
  });

  test('B4: paths that are not in their normal form are refused', async () => {
    for (const path of [
      '/api/v1/..%2finternal/keys',
      '/api//v1/roles',
      '/api/v1/%5croles',
      '/api/v1/roles%00',
      '/api/v1/%2e%2e/roles',
      '/api/docs/assets/%2E%2e/package.json',
      '/api/docs/assets/../package.json',
      '/api/v1/roles/.',
    ])
      expect(await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), path).toMatch(/^HTTP\/1.1 400/);
  });

  test('B4: what two readers could understand differently is refused, and nothing is read behind it', async () => {
    const behind = 'GET /api/v1/roles HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const post = 'POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    for (const [what, request] of [
      ['both lengths', `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${behind}`],
      ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${behind}`],
      ['a length that is none', `${post}Content-Length: +2\r\n\r\n{}${behind}`],
      ['an odd coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${behind}`],
      ['a space in a name', `${post}Content-Length : 2\r\n\r\n{}${behind}`],
      ['a folded line', `${post}X-A: 1\r\n Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}${behind}`],
      ['a bare line feed', `POST /api/v1/sessions HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}${behind}`],
      ['no host', `GET /healthz HTTP/1.1\r\n\r\n${behind}`],
      ['two hosts', `GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${behind}`],
    ] as const) {
      const answer = await raw(request);
      expect(answer, what).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.match(/HTTP\/1\.1 /g), what).toHaveLength(1);
    }
  });

  test('G4, B4, L4: bodies that are no plain JSON are refused before a service sees them', async () => {
    const post = (body: string, type = 'application/json') =>
      send('POST', '/api/v1/sessions', { body, headers: { 'content-type': type } });
    expect((await post('{"email":"a","email":"b","password":"x"}')).body.code).toBe('malformed');
    expect((await post('{"__proto__":{"x":1}}')).body.code).toBe('malformed');
    expect((await post(`${'['.repeat(500)}${']'.repeat(500)}`)).body.code).toBe('malformed');
    expect((await post('<a/>', 'text/xml')).status).toBe(415);
    expect((await post(`{"email":"${'x'.repeat(300_000)}"}`)).status).toBe(413);
  });

  test('the answer is in the language asked for, with security headers and without a stack', async () => {
    const en = await send('GET', '/api/v1/nowhere', { headers: { 'accept-language': 'en' } });
    expect(en.body.title).toBe('Not found');
    expect((await send('GET', '/api/v1/nowhere')).body.title).toBe('Не найдено');
    expect(en.headers.get('x-content-type-options')).toBe('nosniff');
    expect(en.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(en.headers.get('x-powered-by')).toBeNull();
  });

  test('conditional GET and compression', async () => {
    const whole = await send('GET', '/api/openapi.json', { headers: { 'accept-encoding': 'br' } });
    expect(whole.headers.get('content-encoding')).toBe('br');
  });
});

describe('L3: limits', () => {
  test('by address, whatever X-Forwarded-For says; the answer tells when to come back', async () => {
    const answers = [];
    for (let i = 0; i < 25; i++)
      answers.push(
        await send('POST', '/api/v1/password-resets', {
          body: JSON.stringify({ email: `n${i}@example.com` }),
          headers: { 'x-forwarded-for': `203.0.113.${i}` },
        }),
      );
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body.code).toBe('too_many_requests');
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"auth";q=20;w=60');
    expect((await send('GET', '/healthz')).status).toBe(200);
  });

  test('an IPv6 caller is his /64, an IPv4 one his address', () => {
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe(addressKey('2001:db8:1:2::9'));
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(addressKey('::1')).toBe('0000:0000:0000:0000::/64');
  });
});
