/** Two replicas of auth on one database: what one has counted, used up or ended, the other knows (A2–A4, F13). */
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { createLogger } from '#kit/log.ts';
import { Problem } from '#kit/problem.ts';
import { TEST_SECRET } from '#testing/env.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
let second: Platform;

beforeAll(async () => {
  fix = await startFixture();
  second = await startPlatform({
    services: ['auth', 'roles'],
    env: {},
    adminUrl: fix.platform.adminUrl,
    migrate: false,
    clock: fix.platform.clock,
    log: createLogger({ level: 'silent', pretty: false }),
    masterSecret: TEST_SECRET,
    serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
    publicUrl: fix.platform.url,
    filesFolder: '/nonexistent',
    poolMax: 5,
    addresses: {},
    listen: () => undefined,
  });
});
afterAll(async () => {
  await second?.close();
  await fix?.close();
});

/** Asks one replica, the way the gateway would; a refusal's code or the answer. */
async function ask(replica: number, route: string, body: object): Promise<{ code: string | undefined; body: any }> {
  const host = replica % 2 === 0 ? fix.platform.host : second.host;
  try {
    const answer = await host.service('auth')?.dispatcher.dispatch(route, {
      params: {},
      query: {},
      body,
      contentType: 'application/json',
      caller: 'gateway',
      user: undefined,
      origin: { ip: '203.0.113.9', userAgent: 'test' },
      locale: 'ru',
    } as never);
    return { code: undefined, body: (answer as { body: unknown }).body };
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, body: undefined };
    throw error;
  }
}

const both = <T>(count: number, of: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => of(index)));

test('A2: wrong passwords at both replicas at once count together, and both are locked', async () => {
  const { email } = await fix.newPerson();
  const answers = await both(30, (i) => ask(i, 'signIn', { email, password: 'wrong wrong wrong' }));
  expect(answers.filter(({ code }) => code === 'auth.credentials_wrong')).toHaveLength(10);
  expect(answers.filter(({ code }) => code === 'auth.locked')).toHaveLength(20);
  const right = await both(2, (i) => ask(i, 'signIn', { email, password: PASSWORD }));
  expect(right.map(({ code }) => code)).toEqual(['auth.locked', 'auth.locked']);
});

test('A3: 50 uses of a refresh token at both replicas: one success, and its holder stays signed in', async () => {
  const { tokens } = await fix.newPerson();
  const answers = await both(50, (i) => ask(i, 'refreshSession', { refreshToken: tokens.refreshToken }));
  const fine = answers.filter(({ code }) => code === undefined);
  expect(fine).toHaveLength(1);
  expect(answers.filter(({ code }) => code === 'auth.refresh_in_progress')).toHaveLength(49);
  const next = await ask(1, 'refreshSession', { refreshToken: fine[0]?.body.refreshToken });
  expect(next.code).toBeUndefined();
});

test('A4: a TOTP code and a recovery code let one in, whichever replicas are asked at once', async () => {
  const { email, tokens } = await fix.newPerson();
  const { secret } = (await fix.api('POST', '/me/factors/totp', {}, tokens.accessToken)).body;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const now = () => totp.generate({ timestamp: fix.platform.clock.nowMs() });
  const on = await fix.api('POST', '/me/factors/totp/confirmation', { code: now() }, tokens.accessToken);
  await fix.platform.advance(31_000);
  for (const [factor, code] of [
    ['totp', now()],
    ['recovery', on.body.recoveryCodes[0]],
  ]) {
    const begun = await both(6, (i) => ask(i, 'signIn', { email, password: PASSWORD }));
    const answers = await both(6, (i) =>
      ask(i, 'passSecondFactor', { interimToken: begun[i]?.body.interimToken, factor, code }),
    );
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'auth.code_wrong')).toHaveLength(5);
  }
});

test('A6: a key made at one replica signs there at once; the other’s tokens stay good, and both publish both', async () => {
  const { tokens } = await fix.newPerson();
  await fix.auth.keyring.rotateNow(fix.platform.clock.now());
  const [here, there] = await both(2, (i) => ask(i, 'jwks', {}));
  expect(here?.body.keys.length).toBeGreaterThan(1);
  expect(there?.body).toEqual(here?.body);
  const late = await ask(1, 'refreshSession', { refreshToken: tokens.refreshToken });
  expect((await fix.api('GET', '/sessions', undefined, late.body.accessToken)).status).toBe(200);
});
