import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fixture, type Person, startFixture } from './fixture.ts';
import { type SoftwareKey, softwareKey } from './software-key.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await startFixture();
});
afterAll(() => fix?.close());

async function withPasskey(): Promise<{
  person: Person;
  key: SoftwareKey;
  recoveryCodes: string[];
  passkeyId: string;
}> {
  const person = await fix.newPerson();
  const key = softwareKey(fix.platform.url);
  const token = person.tokens.accessToken;
  const begun = (await fix.api('POST', '/me/passkeys/options', {}, token)).body;
  const body = { challengeId: begun.challengeId, name: 'Телефон', attestation: key.create(begun.options) };
  const added = await fix.api('POST', '/me/passkeys', body, token);
  expect(added.status).toBe(201);
  // The challenge is used up.
  expect((await fix.api('POST', '/me/passkeys', body, token)).body.code).toBe('auth.passkey_wrong');
  return { person, key, ...added.body };
}

async function signInWith(key: SoftwareKey, counter?: number, verified?: boolean) {
  const begun = (await fix.api('POST', '/sessions/passkey/options', {})).body;
  const passkey = { challengeId: begun.challengeId, assertion: key.answer(begun.options, counter, verified) };
  return { passkey, answer: await fix.api('POST', '/sessions/passkey', { passkey }) };
}

describe('passkeys (A3)', () => {
  test('a passkey is a whole sign-in; its answer works once', async () => {
    const { person, key, recoveryCodes } = await withPasskey();
    expect(recoveryCodes).toHaveLength(10);
    const { passkey, answer } = await signInWith(key);
    expect(answer.body.userId).toBe(person.userId);
    expect((await fix.api('GET', '/me/passkeys', undefined, answer.body.accessToken)).body.items).toMatchObject([
      { name: 'Телефон' },
    ]);
    expect((await fix.api('POST', '/sessions/passkey', { passkey })).body.code).toBe('auth.passkey_wrong');
  });

  test('a copied key, an unverified holder and a foreign key are refused', async () => {
    const { key } = await withPasskey();
    expect((await signInWith(key, 7)).answer.status).toBe(200);
    expect((await signInWith(key, 7)).answer.body.code).toBe('auth.passkey_wrong');
    expect((await signInWith(key, 8, false)).answer.body.code).toBe('auth.passkey_wrong');
    expect((await signInWith(softwareKey(fix.platform.url))).answer.body.code).toBe('auth.passkey_wrong');
    expect((await signInWith(softwareKey('https://evil.example'))).answer.body.code).toBe('auth.passkey_wrong');
  });

  test('it is asked for as second factor; somebody else’s key or challenge does not pass', async () => {
    const { person, key } = await withPasskey();
    const other = await withPasskey();
    const first = (await fix.signIn(person.email)).body;
    expect(first).toMatchObject({ next: 'second_factor', factors: ['passkey', 'recovery'] });
    const begin = async (interimToken: string) =>
      (await fix.api('POST', '/sessions/second-factor/passkey-options', { interimToken })).body;
    const pass = (interimToken: string, challengeId: string, assertion: object) =>
      fix.api('POST', '/sessions/second-factor', {
        interimToken,
        factor: 'passkey',
        passkey: { challengeId, assertion },
      });
    const foreign = await begin(first.interimToken);
    const wrong = await pass(first.interimToken, foreign.challengeId, other.key.answer(foreign.options));
    expect(wrong.body.code).toBe('auth.code_wrong');
    const own = await begin(first.interimToken);
    const done = await pass(first.interimToken, own.challengeId, key.answer(own.options));
    expect(done.body.userId).toBe(person.userId);
  });

  test('it can be given another name, by its owner only', async () => {
    const { person, passkeyId } = await withPasskey();
    const other = await withPasskey();
    const rename = (token: string) => fix.api('PATCH', `/me/passkeys/${passkeyId}`, { name: 'Ноутбук' }, token);
    expect((await rename(other.person.tokens.accessToken)).status).toBe(404);
    expect((await rename(person.tokens.accessToken)).body).toMatchObject({ passkeyId, name: 'Ноутбук' });
    const list = await fix.api('GET', '/me/passkeys', undefined, person.tokens.accessToken);
    expect(list.body.items).toMatchObject([{ passkeyId, name: 'Ноутбук' }]);
  });

  test('it refreshes a sign-in for a sensitive change; removing it takes the second factor off', async () => {
    const { person, key, passkeyId } = await withPasskey();
    await fix.platform.advance(11 * 60_000);
    const token = (await fix.api('POST', '/sessions/refresh', { refreshToken: person.tokens.refreshToken })).body
      .accessToken;
    const stale = await fix.api('DELETE', `/me/passkeys/${passkeyId}`, undefined, token);
    expect(stale.body.code).toBe('fresh_sign_in_required');
    const onlyPassword = { password: 'верный конь батарея скрепка' };
    const half = await fix.api('POST', '/sessions/current/elevation', onlyPassword, token);
    expect(half.body.code).toBe('auth.second_factor_needed');
    const begun = (await fix.api('POST', '/sessions/current/elevation/passkey-options', {}, token)).body;
    const passkey = { challengeId: begun.challengeId, assertion: key.answer(begun.options) };
    const fresh = (await fix.api('POST', '/sessions/current/elevation', { passkey }, token)).body;
    expect(fresh.refreshToken).toBeUndefined();
    const foreign = await fix.newPerson();
    const notOwn = await fix.api('DELETE', `/me/passkeys/${passkeyId}`, undefined, foreign.tokens.accessToken);
    expect(notOwn.status).toBe(404);
    expect((await fix.api('DELETE', `/me/passkeys/${passkeyId}`, undefined, fresh.accessToken)).status).toBe(204);
    expect((await fix.signIn(person.email)).body.accessToken).toBeDefined();
  });
});

describe('trusted devices and cookies', () => {
  test('a trusted device spares the second factor for 30 days, never the password, and not after a change of it', async () => {
    const { email, tokens } = await fix.newPerson();
    const on = await fix.api('PUT', '/me/factors/email', undefined, tokens.accessToken);
    expect(on.body.recoveryCodes).toHaveLength(10);
    const trust = async () => {
      const { interimToken } = (await fix.signIn(email)).body;
      await fix.api('POST', '/sessions/second-factor/code', { interimToken, channel: 'email' });
      const { code } = await fix.secretFor(email, 'sign_in_code');
      const body = { interimToken, factor: 'email', code, trustDevice: true };
      return (await fix.api('POST', '/sessions/second-factor', body)).body.deviceToken as string;
    };
    const deviceToken = await trust();
    expect((await fix.signIn(email, undefined, { deviceToken })).body.accessToken).toBeDefined();
    expect((await fix.signIn(email, 'wrong wrong wrong', { deviceToken })).status).toBe(401);
    const other = await fix.newPerson();
    await fix.api('PUT', '/me/factors/email', undefined, other.tokens.accessToken);
    expect((await fix.signIn(other.email, undefined, { deviceToken })).body.next).toBe('second_factor');
    await fix.platform.advance(31 * 86_400_000);
    expect((await fix.signIn(email, undefined, { deviceToken })).body.next).toBe('second_factor');
    const again = await trust();
    const { accessToken } = (await fix.signIn(email, undefined, { deviceToken: again })).body;
    expect((await fix.api('DELETE', '/me/trusted-devices', undefined, accessToken)).status).toBe(204);
    expect((await fix.signIn(email, undefined, { deviceToken: again })).body.next).toBe('second_factor');
  });

  test('a browser’s refresh token stays in its cookie', async () => {
    const { email } = await fix.newPerson();
    const first = await fix.signIn(email, undefined, { transport: 'cookie' });
    expect(first.body.refreshToken).toBeUndefined();
    const cookie = first.headers.getSetCookie().find((one) => one.startsWith('artel_refresh=')) ?? '';
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/api/v1/sessions']) expect(cookie).toContain(part);
    const next = await fix.api('POST', '/sessions/refresh', {}, undefined, { cookie: cookie.split(';')[0] ?? '' });
    expect(next.body.refreshToken).toBeUndefined();
    expect(next.headers.getSetCookie()[0]).toMatch(/^artel_refresh=.+/);
    const out = await fix.api('DELETE', '/sessions/current', undefined, next.body.accessToken);
    expect(out.headers.getSetCookie()[0]).toMatch(/^artel_refresh=;.*Max-Age=0/);
  });

  test('recovery codes are taken as typed', async () => {
    const { person, recoveryCodes } = await withPasskey();
    const { interimToken } = (await fix.signIn(person.email)).body;
    const code = ` ${recoveryCodes[3]?.toUpperCase().replaceAll('-', ' ')} `;
    const done = await fix.api('POST', '/sessions/second-factor', { interimToken, factor: 'recovery', code });
    expect(done.status).toBe(200);
  });
});
