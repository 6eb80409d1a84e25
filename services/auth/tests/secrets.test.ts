import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { authEvents } from '#contracts/auth/events.ts';
import { sql } from '#kit/db/db.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
const events: string[] = [];

beforeAll(async () => {
  fix = await startFixture();
  await fix.platform.bus.subscribe({
    queue: 'auth-listener',
    types: Object.values(authEvents).map((event) => event.type),
    prefetch: 100,
    async onBatch(batch) {
      for (const message of batch) {
        events.push(message.raw.toString());
        message.ack();
      }
    },
  });
});
afterAll(() => fix?.close());

test('P3: no secret in events, none readable at rest', async () => {
  const canaries: string[] = [PASSWORD];
  const { email, userId, tokens } = await fix.newPerson();
  const token = tokens.accessToken;
  canaries.push(tokens.accessToken, tokens.refreshToken);
  await fix.api('POST', '/password-resets', { email });
  canaries.push((await fix.secretFor(email, 'reset_password')).linkToken);
  await fix.api('POST', '/me/email', { email: 'canary@example.com' }, token);
  const { code } = await fix.secretFor('canary@example.com', 'change_email');
  const { secret } = (await fix.api('POST', '/me/factors/totp', {}, token)).body;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const first = totp.generate({ timestamp: fix.platform.clock.nowMs() });
  const on = await fix.api('POST', '/me/factors/totp/confirmation', { code: first }, token);
  const { interimToken } = (await fix.signIn(email)).body;
  canaries.push(secret, interimToken, ...on.body.recoveryCodes, on.body.recoveryCodes[0].replaceAll('-', ''));
  const next = (await fix.api('POST', '/sessions/refresh', { refreshToken: tokens.refreshToken })).body;
  canaries.push(next.refreshToken);
  await fix.platform.drain();
  await vi.waitFor(() => expect(events.filter((text) => text.includes(userId)).length).toBeGreaterThan(5));

  const tables = await fix.auth.db.many<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'auth' and table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const dumps: string[] = [...events];
  for (const { name } of tables) {
    const { text } = await fix.auth.db.one<{ text: string }>(
      sql`select coalesce(query_to_xml(${`select * from "${name}"`}, true, false, '')::text, '') as text`,
    );
    dumps.push(text);
  }
  const all = dumps.join('\n');
  expect(all).toContain(userId);
  for (const canary of canaries) expect(all.includes(canary), canary).toBe(false);
  // A short code would be found by chance: looked for where it could stand alone.
  expect(all).not.toMatch(new RegExp(`\\b${code}\\b`));
});

test('A4: a code of two sign-ins at once lets one in', async () => {
  const { email, tokens } = await fix.newPerson();
  const { secret } = (await fix.api('POST', '/me/factors/totp', {}, tokens.accessToken)).body;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = () => totp.generate({ timestamp: fix.platform.clock.nowMs() });
  const on = await fix.api('POST', '/me/factors/totp/confirmation', { code: code() }, tokens.accessToken);
  await fix.platform.advance(31_000);
  for (const factor of [
    { factor: 'totp', code: code() },
    { factor: 'recovery', code: on.body.recoveryCodes[0] },
  ]) {
    const begun = await Promise.all(Array.from({ length: 6 }, () => fix.signIn(email)));
    const answers = await Promise.all(
      begun.map((one) =>
        fix.api('POST', '/sessions/second-factor', { interimToken: one.body.interimToken, ...factor }),
      ),
    );
    expect(
      answers.filter((one) => one.status === 200),
      factor.factor,
    ).toHaveLength(1);
    expect(
      answers.filter((one) => one.body.code === 'auth.code_wrong'),
      factor.factor,
    ).toHaveLength(5);
  }
});

test('A5: the interim token opens nothing', async () => {
  const { email, tokens } = await fix.newPerson();
  await fix.api('PUT', '/me/factors/email', undefined, tokens.accessToken);
  const { interimToken } = (await fix.signIn(email)).body;
  for (const [method, path, body] of [
    ['GET', '/sessions', undefined],
    ['GET', '/me/rights', undefined],
    ['GET', '/me/factors', undefined],
    ['POST', '/sessions/current/elevation', { password: PASSWORD }],
    ['DELETE', '/me/factors/email', undefined],
    ['DELETE', '/sessions', undefined],
  ] as const)
    expect((await fix.api(method, path, body, interimToken)).status, `${method} ${path}`).toBe(401);
  expect((await fix.api('POST', '/sessions/refresh', { refreshToken: interimToken })).status).toBe(401);
});
