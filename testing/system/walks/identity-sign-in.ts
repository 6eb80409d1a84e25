/** Registration, second factors, guesses: the ways into an account and what guards them (A1–A3, A5). */
import { Secret, TOTP } from 'otpauth';
import { expect } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { softwareKey } from '#services/auth/tests/software-key.ts';
import { Api } from '../api.ts';
import { PASSWORD } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import {
  another,
  atOnce,
  begin,
  codeOf,
  everywhere,
  joining,
  linkOf,
  mailOf,
  newAdmin,
  newPerson,
  randomEmail,
  smsCode,
} from './people.ts';
import type { Walk } from './walk.ts';

const BARE = { key: false } as const;
const ANY = [200, 201, 202, 204, 400, 401, 403, 409, 429];

async function registration(world: World): Promise<void> {
  const guest = new Api(world);
  const refused = async (more: object) =>
    (await guest.post('/registrations', joining(randomEmail(), more), { expect: 400 })).body;
  expect((await refused({ password: 'password123' })).code).toBe('auth.password_known');
  expect((await refused({ password: 'короткий' })).errors[0].pointer).toBe('/body/password');
  // B3: nobody takes what is not open to him.
  for (const more of [{ roles: ['admin'] }, { userId: crypto.randomUUID() }, { confirmed: true }])
    expect((await refused(more)).code).toBe('validation_failed');
  // Any Unicode, long, no rules of composition. Confirmed by the link, once.
  const email = randomEmail();
  const password = `🐎 ${'верный конь Ω '.repeat(8)}`;
  const link = await linkOf(world, email, () =>
    guest.post('/registrations', joining(email, { password, roles: ['freelancer'] }), { expect: 202 }),
  );
  const person = new Api(world);
  await person.signIn(email, password);
  expect((await person.get('/me/factors', { expect: 403 })).body.code).toBe('email_unconfirmed');
  await guest.post('/email-confirmations', { token: link }, BARE);
  expect((await guest.post('/email-confirmations', { token: link }, { ...BARE, expect: 400 })).body.code).toBe(
    'auth.code_wrong',
  );
  await person.get('/me/factors');
  await guest.post('/sessions', { email, password: password.toLowerCase() }, { expect: 401 });
  // Confirmed by the code, after another one was asked for.
  const slow = randomEmail();
  await mailOf(world, slow, {}, () => guest.post('/registrations', joining(slow), { expect: 202 }));
  const code = await codeOf(world, slow, () => guest.post('/email-confirmations/resending', { email: slow }, BARE));
  const wrong = code === '111111' ? '222222' : '111111';
  await guest.post('/email-confirmations', { email: slow, code: wrong }, { ...BARE, expect: 400 });
  await guest.post('/email-confirmations', { email: slow, code }, BARE);
}

async function invitation(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const guest = new Api(world);
  const email = randomEmail();
  const invite = { email, displayName: 'Ольга', roles: ['support'], locale: 'ru', reason: 'новый сотрудник' };
  const token = await linkOf(world, email, () => admin.post('/admin/staff/invitations', invite));
  const accept = (password: string) =>
    guest.post('/invitations/acceptance', { token, password, consents: JOINING_EXAMPLE }, { ...BARE, expect: ANY });
  expect((await accept('password123')).body.code).toBe('auth.password_known');
  // A7: with both replicas asked at once, it is taken once.
  const answers = await atOnce(4, () => accept(PASSWORD));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  await world.drain();
  const agent = new Api(world);
  await agent.signIn(email, PASSWORD);
  expect((await agent.get('/me/rights')).body.roles).toEqual(['support']);
  expect((await admin.post('/admin/staff/invitations', invite, { expect: 409 })).body.code).toBe('auth.email_taken');
}

async function sameAnswers(world: World): Promise<void> {
  const person = await newPerson(world, 'Есть Такая');
  const guest = new Api(world);
  const ask = async (path: string, body: object) => {
    const { status, body: said, headers } = await guest.post(path, body, { ...BARE, expect: ANY });
    const { requestId: _, ...rest } = said;
    const names = [...headers.keys()].filter((name) => !/^(ratelimit|date|x-request-id|traceparent)/.test(name)).sort();
    return { status, rest, names };
  };
  for (const [path, body] of [
    ['/registrations', (email: string) => joining(email)],
    ['/sessions', (email: string) => ({ email, password: 'wrong wrong wrong' })],
    ['/password-resets', (email: string) => ({ email })],
    ['/email-confirmations/resending', (email: string) => ({ email })],
    ['/email-confirmations', (email: string) => ({ email, code: '123456' })],
    ['/sessions/block', (email: string) => ({ email, password: 'wrong wrong wrong' })],
  ] as const)
    expect(await ask(path, body(person.email)), path).toEqual(await ask(path, body(randomEmail())));
  // Who owns the address learns of it, and nothing of his changed.
  await mailTo(world, person.email, { subject: 'уже есть' });
  await another(person).signIn(person.email, PASSWORD);
}

/** An authenticator app for the person, switched on. */
async function withTotp(person: Api) {
  const { body } = await person.post('/me/factors/totp');
  expect(body.uri).toMatch(/^otpauth:\/\/totp\//);
  const totp = new TOTP({ secret: Secret.fromBase32(body.secret) });
  const code = () => totp.generate({ timestamp: person.world.now().getTime() });
  const { recoveryCodes } = (await person.post('/me/factors/totp/confirmation', { code: code() }, BARE)).body;
  expect(recoveryCodes).toHaveLength(10);
  return { code, recoveryCodes: recoveryCodes as string[] };
}

const second = (world: World, body: object) =>
  new Api(world).post('/sessions/second-factor', body, { ...BARE, expect: ANY });

async function authenticatorApp(world: World): Promise<void> {
  const person = await newPerson(world, 'Тимур Кодов');
  const { code, recoveryCodes } = await withTotp(person);
  const first = await begin(person);
  expect(first).toMatchObject({ next: 'second_factor', factors: ['totp', 'recovery'] });
  const { interimToken } = first;
  // A5: it opens nothing but the second factor, at any replica.
  for (const path of ['/me/rights', '/sessions', '/me/accounts', '/conversations', '/notifications'])
    expect(await everywhere(world, interimToken, path)).toEqual(world.gateways.map(() => 'unauthenticated'));
  for (const [path, body] of [
    ['/sessions/refresh', { refreshToken: interimToken }],
    ['/sessions/current/elevation', { password: PASSWORD }],
  ] as const) {
    const thief = new Api(world);
    thief.token = interimToken;
    expect((await thief.post(path, body, { ...BARE, expect: ANY })).status, path).toBe(401);
  }
  // A4: the code of the confirmation is used up; the next lets one of six in, whichever replica is asked.
  expect((await second(world, { interimToken, factor: 'totp', code: code() })).body.code).toBe('auth.code_wrong');
  await world.advance(31_000);
  for (const [factor, once] of [
    ['totp', code()],
    ['recovery', recoveryCodes[0]],
  ] as const) {
    const begun = await Promise.all(Array.from({ length: 6 }, () => begin(person)));
    const answers = await atOnce(6, (i) => second(world, { interimToken: begun[i].interimToken, factor, code: once }));
    expect(answers.map(({ status }) => status).sort(), factor).toEqual([200, 400, 400, 400, 400, 400]);
  }
  const last = await begin(person);
  const typed = ` ${recoveryCodes[1]?.toUpperCase().replaceAll('-', ' ')} `;
  const signedIn = await second(world, { interimToken: last.interimToken, factor: 'recovery', code: typed });
  person.keep(signedIn.body);
  expect((await person.get('/me/factors')).body).toMatchObject({ factors: ['totp', 'recovery'], recoveryCodesLeft: 8 });
  await mailTo(world, person.email, { text: 'резервн' });
  // New ones end the old ones.
  const renewed = (await person.post('/me/factors/recovery')).body.recoveryCodes;
  expect(renewed).toHaveLength(10);
  expect(renewed).not.toContain(recoveryCodes[2]);
  // Off again: the password is enough, and the owner hears of it.
  await mailOf(world, person.email, {}, () => person.delete('/me/factors/totp'));
  expect((await begin(person)).accessToken).toBeDefined();
}

async function sentCodes(world: World): Promise<void> {
  const person = await newPerson(world, 'Лев Сообщений');
  const phone = `+7999${Math.floor(1_000_000 + Math.random() * 8_999_999)}`;
  expect((await person.put('/me/factors/sms', undefined, { expect: 409 })).body.code).toBe('auth.phone_missing');
  const proof = await smsCode(world, phone, () => person.post('/me/phone', { phone }));
  expect((await person.post('/me/phone/confirmation', { code: proof }, BARE)).body.phone).toBe(phone);
  await person.post('/me/phone/confirmation', { code: proof }, { ...BARE, expect: 400 });
  await person.until('/me/profile', (profile) => profile.phone === phone && profile.phoneVerified);
  await person.put('/me/factors/sms', undefined);
  await person.put('/me/factors/email', undefined);
  for (const channel of ['sms', 'email'] as const) {
    const { interimToken, factors } = await begin(person);
    expect(factors).toEqual(expect.arrayContaining(['email', 'sms', 'recovery']));
    const ask = () => new Api(world).post('/sessions/second-factor/code', { interimToken, channel }, BARE);
    const code = channel === 'sms' ? await smsCode(world, phone, ask) : await codeOf(world, person.email, ask);
    const answers = await atOnce(6, () => second(world, { interimToken, factor: channel, code }));
    expect(
      answers.filter(({ status }) => status === 200),
      channel,
    ).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 200) expect(['auth.code_wrong', 'auth.interim_wrong'], body.code).toContain(body.code);
  }
  // No more messages than are good for anybody.
  const { interimToken } = await begin(person);
  const flood = () =>
    new Api(world).post('/sessions/second-factor/code', { interimToken, channel: 'sms' }, { ...BARE, expect: ANY });
  let last = await flood();
  for (let n = 0; n < 12 && last.status === 202; n++) last = await flood();
  expect(last.body.code).toBe('auth.too_many_messages');
}

async function passkeys(world: World): Promise<void> {
  const person = await newPerson(world, 'Ксения Ключева');
  const key = softwareKey(world.url);
  const begun = (await person.post('/me/passkeys/options', {}, BARE)).body;
  const made = { challengeId: begun.challengeId, name: 'Телефон', attestation: key.create(begun.options) };
  const added = (await person.post('/me/passkeys', made, BARE)).body;
  expect(added.recoveryCodes).toHaveLength(10);
  expect((await person.post('/me/passkeys', made, { ...BARE, expect: 400 })).body.code).toBe('auth.passkey_wrong');
  // A whole sign-in; an answer works once, wherever it is tried, and a copied key is found out.
  const guest = new Api(world);
  const answer = async (of = key, counter?: number, verified?: boolean) => {
    const { body } = await guest.post('/sessions/passkey/options', {}, BARE);
    return { passkey: { challengeId: body.challengeId, assertion: of.answer(body.options, counter, verified) } };
  };
  const enter = (body: object) => guest.post('/sessions/passkey', body, { ...BARE, expect: ANY });
  const once = await answer();
  const entered = await atOnce(4, () => enter(once));
  expect(entered.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  expect(entered.find(({ status }) => status === 200)?.body.userId).toBe(person.userId);
  expect((await enter(await answer(key, 7))).status).toBe(200);
  for (const bad of [
    await answer(key, 7),
    await answer(key, 9, false),
    await answer(softwareKey(world.url)),
    await answer(softwareKey('https://evil.example')),
  ])
    expect((await enter(bad)).body.code).toBe('auth.passkey_wrong');
  // As second factor after the password.
  const { interimToken, factors } = await begin(person);
  expect(factors).toEqual(['passkey', 'recovery']);
  const options = (await guest.post('/sessions/second-factor/passkey-options', { interimToken }, BARE)).body;
  const passkey = { challengeId: options.challengeId, assertion: key.answer(options.options, 10) };
  person.keep((await second(world, { interimToken, factor: 'passkey', passkey })).body);
  expect((await person.patch(`/me/passkeys/${added.passkeyId}`, { name: 'Ноутбук' })).body.name).toBe('Ноутбук');
  // A9: removing it wants a fresh sign-in, for which it serves itself.
  await world.advance(11 * 60_000);
  await person.refresh();
  const removal = `/me/passkeys/${added.passkeyId}`;
  expect((await person.delete(removal, { expect: 403 })).body.code).toBe('fresh_sign_in_required');
  const half = await person.post('/sessions/current/elevation', { password: PASSWORD }, { ...BARE, expect: 403 });
  expect(half.body.code).toBe('auth.second_factor_needed');
  const again = (await person.post('/sessions/current/elevation/passkey-options', {}, BARE)).body;
  const proof = { challengeId: again.challengeId, assertion: key.answer(again.options, 11) };
  person.keep((await person.post('/sessions/current/elevation', { passkey: proof }, BARE)).body);
  await person.delete(removal);
  expect((await begin(person)).accessToken).toBeDefined();
}

async function guesses(world: World): Promise<void> {
  const person = await newPerson(world, 'Мишень Подбора');
  const { code } = await withTotp(person);
  const { interimToken } = await begin(person);
  const bad = code() === '000000' ? '000001' : '000000';
  const wrong = 'wrong wrong wrong';
  // Three each by password, second factor and step-up, then one by a change of password: ten, at both replicas in turn.
  for (let n = 0; n < 3; n++) {
    await new Api(world).post('/sessions', { email: person.email, password: wrong }, { ...BARE, expect: 401 });
    expect((await second(world, { interimToken, factor: 'totp', code: bad })).body.code).toBe('auth.code_wrong');
    await person.post('/sessions/current/elevation', { password: wrong }, { ...BARE, expect: 401 });
  }
  await person.put('/me/password', { current: wrong, next: 'another horse battery' }, { expect: 401 });
  await mailTo(world, person.email, { text: 'закрыт' });
  for (const [path, body] of [
    ['/sessions', { email: person.email, password: PASSWORD }],
    ['/sessions', { email: ` ${person.email.toUpperCase()} `, password: PASSWORD }],
    ['/sessions/second-factor', { interimToken, factor: 'totp', code: code() }],
    ['/sessions/current/elevation', { password: PASSWORD }],
    ['/me/email/confirmation', { code: '123456' }],
  ] as const)
    for (const _ of world.gateways) {
      const locked = await person.post(path, body, { ...BARE, expect: 429 });
      expect(locked.body.code, path).toBe('auth.locked');
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  // The lock ends by itself.
  await world.advance(16 * 60_000);
  expect((await begin(person)).next).toBe('second_factor');
  // P4: refusals are in the audit log.
  const admin = await newAdmin(world);
  const { items } = await admin.until(
    `/admin/audit-log?action=auth.sign-in&outcome=refused&limit=50`,
    (body) => body.items.length > 0,
  );
  expect(items[0]).toMatchObject({ outcome: 'refused' });
  // Thirty at once at both replicas count together.
  const other = await newPerson(world, 'Ещё Мишень');
  const tries = await atOnce(30, () =>
    new Api(world).post('/sessions', { email: other.email, password: wrong }, { ...BARE, expect: [401, 429, 503] }),
  );
  expect(tries.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
  expect(tries.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
}

export const SIGN_IN: readonly Walk[] = [
  { name: 'A1, B3: registration: what passwords are taken, confirmation by code and by link', run: registration },
  { name: 'A1, A7, D2: a member of staff is invited; the invitation is taken once', run: invitation },
  { name: 'A1: answers do not tell whether an account exists', run: sameAnswers },
  { name: 'A3, A4, A5: an authenticator app and recovery codes, each once on all replicas', run: authenticatorApp },
  { name: 'A3, A4: codes by SMS and by mail, each once', run: sentCodes },
  { name: 'A2, A3: a passkey as second factor and as a whole sign-in', run: passkeys },
  { name: 'A2: guesses on all paths lock together, on all replicas', run: guesses },
];
