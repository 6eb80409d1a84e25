import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { authEvents } from '#contracts/auth/events.ts';
import { sql } from '#kit/db/db.ts';
import { guarded, ownGuesser } from '../data/guesses.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
const seen: { type: string; data: { userId: string | null; kind?: string; reason?: string } }[] = [];

beforeAll(async () => {
  fix = await startFixture();
  await fix.platform.bus.subscribe({
    queue: 'auth-spy',
    types: [authEvents.securityNotice.type, authEvents.signInRefused.type],
    prefetch: 100,
    async onBatch(batch) {
      for (const message of batch) {
        seen.push(JSON.parse(message.raw.toString()));
        message.ack();
      }
    },
  });
});
afterAll(() => fix?.close());

const WRONG = 'wrong wrong wrong';

test('A2: guesses at the same moment can not slip past the limit together', async () => {
  const { email, userId } = await fix.newPerson();
  const answers = await Promise.all(Array.from({ length: 40 }, () => fix.signIn(email, WRONG)));
  expect(answers.filter((answer) => answer.status === 401)).toHaveLength(10);
  expect(answers.filter((answer) => answer.body.code === 'auth.locked')).toHaveLength(30);
  await fix.platform.drain();
  // The owner hears of it once; every refusal reaches the audit log (P4).
  await vi.waitFor(() => {
    const mine = seen.filter((event) => event.data.userId === userId);
    expect(mine.filter((event) => event.data.kind === 'locked_out')).toHaveLength(1);
    expect(mine.filter((event) => event.data.reason === 'password')).toHaveLength(10);
    expect(mine.filter((event) => event.data.reason === 'locked')).toHaveLength(30);
  });
});

test('A1: an unknown address locks like a known one', async () => {
  const email = 'never-was@example.com';
  for (let i = 0; i < 10; i++) expect((await fix.signIn(email, WRONG)).status).toBe(401);
  expect((await fix.signIn(` ${email.toUpperCase()} `, WRONG)).body.code).toBe('auth.locked');
});

test('A2: password, second factor, step-up and codes count together', async () => {
  const { email, userId, tokens } = await fix.newPerson();
  const token = tokens.accessToken;
  const { secret } = (await fix.api('POST', '/me/factors/totp', {}, token)).body;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = () => totp.generate({ timestamp: fix.platform.clock.nowMs() });
  expect((await fix.api('POST', '/me/factors/totp/confirmation', { code: code() }, token)).status).toBe(200);
  const bad = code() === '000000' ? '000001' : '000000';
  const { interimToken } = (await fix.signIn(email)).body;
  for (let i = 0; i < 3; i++) {
    const factor = { interimToken, factor: 'totp', code: bad };
    expect((await fix.api('POST', '/sessions/second-factor', factor)).body.code).toBe('auth.code_wrong');
    const elevation = await fix.api('POST', '/sessions/current/elevation', { password: WRONG }, token);
    expect(elevation.body.code).toBe('auth.credentials_wrong');
    expect((await fix.api('POST', '/me/phone/confirmation', { code: bad }, token)).body.code).toBe('auth.code_wrong');
  }
  const change = { current: WRONG, next: 'another horse battery' };
  expect((await fix.api('PUT', '/me/password', change, token)).body.code).toBe('auth.credentials_wrong');
  for (const [path, body] of [
    ['/sessions', { email, password: PASSWORD }],
    ['/sessions/second-factor', { interimToken, factor: 'totp', code: code() }],
    ['/sessions/current/elevation', { password: PASSWORD }],
    ['/me/email/confirmation', { code: '123456' }],
  ] as const) {
    expect((await fix.api('POST', path, body, token)).body.code, path).toBe('auth.locked');
  }
  // P4: a refused step-up is in the audit log like a refused sign-in.
  await fix.platform.drain();
  await vi.waitFor(() => {
    const reasons = seen.flatMap(({ data }) => (data.userId === userId && data.reason ? [data.reason] : []));
    expect(reasons.filter((reason) => reason === 'step-up password')).toHaveLength(3);
    expect(reasons).toContain('factor totp');
  });
});

test('L3: other spellings of a mailbox get no mail beyond its limit', async () => {
  for (let i = 0; i < 9; i++) {
    const body = { consents: JOINING_EXAMPLE, email: `ma.ri.a+${i}@gmail.com`, password: PASSWORD, displayName: 'М' };
    expect((await fix.api('POST', '/registrations', body)).status).toBe(202);
  }
  await fix.platform.drain();
  const { n } = await fix.auth.db.one<{ n: number }>(
    sql`select count(*)::int as n from message_secrets where destination like 'ma.ri.a+%'`,
  );
  expect(n).toBe(6);
});

test('a code is dead after five wrong ones, and a person is not flooded with mail', async () => {
  const email = 'flood@example.com';
  await fix.api('POST', '/registrations', { consents: JOINING_EXAMPLE, email, password: PASSWORD, displayName: 'Ф' });
  await fix.platform.drain();
  const { code } = await fix.secretFor(email, 'confirm_email');
  const wrong = code === '111111' ? '222222' : '111111';
  for (let i = 0; i < 5; i++) await fix.api('POST', '/email-confirmations', { email, code: wrong });
  expect((await fix.api('POST', '/email-confirmations', { email, code })).body.code).toBe('auth.code_wrong');
  for (let i = 0; i < 12; i++) {
    expect((await fix.api('POST', '/email-confirmations/resending', { email })).status).toBe(202);
  }
  await fix.platform.drain();
  const { n } = await fix.auth.db.one<{ n: number }>(
    sql`select count(*)::int as n from message_secrets where destination = ${email}`,
  );
  expect(n).toBe(6);
});

test('L3: one IPv6 network guesses as one; a right guess is not counted', async () => {
  const attempt = (last: number, right: boolean) => {
    const origin = { ip: `2001:db8:7:1::${last.toString(16)}`, userAgent: '' };
    return guarded(fix.auth, ownGuesser(crypto.randomUUID(), origin), async () => right || undefined);
  };
  for (let i = 1; i <= 20; i++) expect(await attempt(i, true)).toBe(true);
  for (let i = 1; i <= 100; i++) expect(await attempt(i, false)).toBeUndefined();
  await expect(attempt(999, true)).rejects.toMatchObject({ code: 'auth.locked' });
  const elsewhere = { ip: '2001:db8:7:2::1', userAgent: '' };
  expect(await guarded(fix.auth, ownGuesser(crypto.randomUUID(), elsewhere), async () => true)).toBe(true);
});
