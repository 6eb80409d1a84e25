/** Tokens, keys, sessions, resets, fresh sign-ins: what an open account stands on (A4–A6). */
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { expect } from 'vitest';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { Api } from '../api.ts';
import { DRAFT, PASSWORD, RUB, topUp } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import {
  allSay,
  another,
  atOnce,
  begin,
  codeOf,
  everywhere,
  linkOf,
  mailOf,
  newAdmin,
  newPerson,
  randomEmail,
  socketsOf,
  textChanged,
} from './people.ts';
import type { Walk } from './walk.ts';

const BARE = { key: false } as const;
const ANY = [200, 201, 202, 204, 400, 401, 403, 404, 409, 429];
const NEXT = 'другой конь батарея скрепка';

const refreshWith = (world: World, refreshToken: string | undefined) =>
  new Api(world).post('/sessions/refresh', { refreshToken }, { ...BARE, expect: ANY });

async function refreshTokens(world: World): Promise<void> {
  const person = await newPerson(world, 'Пётр Обновляев');
  // Fifty at once at both replicas. What a slow machine spreads over more than a second is an answer given again.
  const started = performance.now();
  const answers = await atOnce(50, () => refreshWith(world, person.refreshToken));
  const took = performance.now() - started;
  const fine = answers.filter(({ status }) => status === 200);
  if (took < 1_000) expect(fine).toHaveLength(1);
  expect(new Set(fine.map(({ body }) => body.refreshToken)).size).toBe(1);
  for (const { status, body } of answers) if (status !== 200) expect(body.code).toBe('auth.refresh_in_progress');
  // The honest client goes on.
  person.keep(fine[0]?.body);
  await allSay(world, person.token, 200);
  // A lost answer: the same token again, after the race and before its successor was used.
  const lost = await refreshWith(world, person.refreshToken);
  expect(lost.status).toBe(200);
  await world.advance(3_000);
  const again = await refreshWith(world, person.refreshToken);
  expect(again.status).toBe(200);
  await world.advance(3_000);
  const next = await refreshWith(world, again.body.refreshToken);
  expect(next.status).toBe(200);
  // Reuse of one whose successor was used ends the family, everywhere.
  expect((await refreshWith(world, person.refreshToken)).body.code).toBe('auth.refresh_wrong');
  expect((await refreshWith(world, next.body.refreshToken)).body.code).toBe('auth.refresh_wrong');
  await allSay(world, next.body.accessToken, 'unauthenticated');
  // A browser's stays in its cookie, out of reach of scripts.
  const browser = await new Api(world).post('/sessions', {
    email: person.email,
    password: PASSWORD,
    transport: 'cookie',
  });
  expect(browser.body.refreshToken).toBeUndefined();
  const cookie = browser.headers.getSetCookie().find((one) => one.startsWith('artel_refresh=')) ?? '';
  for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/api/v1/sessions']) expect(cookie).toContain(part);
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  const renewed = await new Api(world).post('/sessions/refresh', {}, { ...BARE, headers });
  expect(renewed.body.refreshToken).toBeUndefined();
  expect(renewed.headers.getSetCookie()[0]).toMatch(/^artel_refresh=.+/);
}

async function keys(world: World): Promise<void> {
  const person = await newPerson(world, 'Иосиф Подписной');
  const read = async (path: string) =>
    await Promise.all(world.gateways.map(async (base) => (await fetch(`${base}${path}`)).json() as Promise<any>));
  const verified = async (token: string) => {
    const [first, ...others] = await read('/.well-known/openid-configuration');
    for (const other of others) expect(other).toEqual(first);
    expect(first.issuer).toBe(world.url);
    expect(new URL(first.jwks_uri).origin).toBe(world.url);
    // jose, and nothing of ours: what each replica publishes is enough.
    for (const jwks of await read(new URL(first.jwks_uri).pathname)) {
      expect(JSON.stringify(jwks)).not.toContain('"d":');
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
        issuer: first.issuer,
        audience: 'artel',
        typ: 'at+jwt',
        algorithms: first.id_token_signing_alg_values_supported,
        currentDate: world.now(),
      });
      expect(payload.sub).toBe(person.userId);
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(900);
      expect(protectedHeader.kid).toBeDefined();
    }
  };
  const old = person.token as string;
  await verified(old);
  // By hand, by who may, and only after a fresh sign-in; the old key still verifies, the next token bears the new one.
  expect((await person.post('/auth/keys/rotation', undefined, { ...BARE, expect: 403 })).body.code).toBe('forbidden');
  const admin = await newAdmin(world);
  const { kid } = (await admin.post('/auth/keys/rotation', undefined, BARE)).body;
  await allSay(world, old, 200);
  await verified(old);
  await expect
    .poll(
      async () => {
        await person.refresh();
        return JSON.parse(Buffer.from((person.token ?? '').split('.')[0] ?? '', 'base64url').toString()).kid;
      },
      { timeout: 30_000 },
    )
    .toBe(kid);
  await verified(person.token as string);
  await allSay(world, person.token, 200);
  // A6: forgeries, at every replica.
  const [head, body, signature] = old.split('.') as [string, string, string];
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const { keys: published } = (await read('/.well-known/jwks.json'))[0];
  const swapped = await new SignJWT({ ...claims, roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: published[0].kid })
    .sign(Buffer.from(published[0].x, 'base64url'));
  for (const forged of [
    `${part({ alg: 'none', typ: 'at+jwt', kid: published[0].kid })}.${body}.`,
    swapped,
    `${part({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), jku: 'http://127.0.0.1:9/x' })}.${body}.${signature}`,
    `${head}.${part({ ...claims, roles: ['admin'] })}.${signature}`,
    `${head}.${body}.`,
  ])
    expect(await everywhere(world, forged)).toEqual(world.gateways.map(() => 'unauthenticated'));
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

async function sessions(world: World): Promise<void> {
  const person = await newPerson(world, 'Софья Сеансова');
  const signIn = async (agent: string) => {
    const one = another(person);
    const { body } = await one.post(
      '/sessions',
      { email: person.email, password: PASSWORD },
      { ...BARE, headers: { 'user-agent': agent } },
    );
    one.keep(body);
    return one;
  };
  // The owner hears of a device that was never seen.
  let desk = person;
  const mail = await mailOf(world, person.email, {}, async () => {
    desk = await signIn(FIREFOX);
  });
  expect(mail.text).toContain('Firefox');
  const phone = await signIn(
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
  );
  const { items } = (await phone.get('/sessions')).body;
  expect(items).toHaveLength(3);
  const own = items.find((one: { current: boolean }) => one.current);
  expect(own).toMatchObject({ device: 'Chrome, Android', place: '127.0.0.*' });
  const other = items.find((one: { device: string }) => one.device.startsWith('Firefox'));
  for (const one of items) expect(Date.parse(one.lastUsedAt)).toBeGreaterThan(0);
  // Z2: nobody ends those of another. A8: one, then all others, at the next request on every replica.
  const stranger = await newPerson(world, 'Чужой Человек');
  await stranger.delete(`/sessions/${other.sessionId}`, { expect: 404 });
  await allSay(world, desk.token, 200);
  await phone.delete(`/sessions/${other.sessionId}`);
  await allSay(world, desk.token, 'unauthenticated');
  await allSay(world, person.token, 200);
  await phone.delete('/sessions');
  await allSay(world, person.token, 'unauthenticated');
  expect((await refreshWith(world, person.refreshToken)).status).toBe(401);
  await allSay(world, phone.token, 200);
}

async function trustedDevice(world: World): Promise<void> {
  const person = await newPerson(world, 'Дора Доверчивая');
  await mailOf(world, person.email, {}, () => person.put('/me/factors/email', undefined));
  const trust = async () => {
    const { interimToken } = await begin(person);
    const ask = { interimToken, channel: 'email' };
    const code = await codeOf(world, person.email, () =>
      new Api(world).post('/sessions/second-factor/code', ask, BARE),
    );
    const pass = { interimToken, factor: 'email', code, trustDevice: true };
    return (await new Api(world).post('/sessions/second-factor', pass, BARE)).body.deviceToken as string;
  };
  const deviceToken = await trust();
  for (const _ of world.gateways) expect((await begin(person, PASSWORD, { deviceToken })).accessToken).toBeDefined();
  // Never the password, never for another, never after 30 days.
  const wrong = { email: person.email, password: 'wrong wrong wrong', deviceToken };
  await new Api(world).post('/sessions', wrong, { ...BARE, expect: 401 });
  const other = await newPerson(world, 'Другая Дора');
  await other.put('/me/factors/email', undefined);
  expect((await begin(other, PASSWORD, { deviceToken })).next).toBe('second_factor');
  const fresh = another(person);
  fresh.keep(await begin(person, PASSWORD, { deviceToken }));
  expect((await fresh.get('/me/factors')).body.trustedDevices).toBe(1);
  await fresh.delete('/me/trusted-devices');
  expect((await begin(person, PASSWORD, { deviceToken })).next).toBe('second_factor');
  const again = await trust();
  await world.advance(31 * 86_400_000);
  expect((await begin(person, PASSWORD, { deviceToken: again })).next).toBe('second_factor');
}

async function atTheNextRequest(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const reason = 'проверка прав';
  const known = async (roles = ['client']) => {
    const person = await newPerson(world, 'Проверяемая Особа', roles);
    await allSay(world, person.token, 200);
    return { person, sockets: await socketsOf(person) };
  };
  const closed = async ({ sockets }: Awaited<ReturnType<typeof known>>) => {
    for (const socket of sockets) expect(await socket.closed()).toBe(4401);
  };
  const out = await known();
  await out.person.delete('/sessions/current');
  await allSay(world, out.person.token, 'unauthenticated');
  await closed(out);
  const blocked = await known();
  await admin.post(`/admin/users/${blocked.person.userId}/block`, { rule: 'spam', reason, until: null });
  await allSay(world, blocked.person.token, 'unauthenticated');
  await closed(blocked);
  const refused = { email: blocked.person.email, password: PASSWORD };
  expect((await new Api(world).post('/sessions', refused, { ...BARE, expect: 401 })).body.code).toBe('auth.blocked');
  const lost = await known(['client', 'freelancer']);
  await admin.put(`/admin/users/${lost.person.userId}/roles`, { roles: ['client'], reason });
  await allSay(world, lost.person.token, 'token_stale');
  await closed(lost);
  await lost.person.refresh();
  await lost.person.get('/me/portfolio', { expect: 403 });
  // A change of password: its own session stays, all others end.
  const changed = await known();
  const elsewhere = another(changed.person);
  await elsewhere.signIn(changed.person.email, PASSWORD);
  const theirs = await socketsOf(elsewhere);
  await mailOf(world, changed.person.email, {}, () =>
    changed.person.put('/me/password', { current: PASSWORD, next: NEXT }),
  );
  await allSay(world, elsewhere.token, 'unauthenticated');
  for (const socket of theirs) expect(await socket.closed()).toBe(4401);
  await allSay(world, changed.person.token, 200);
  expect(changed.sockets.map(({ closedWith }) => closedWith)).toEqual(world.gateways.map(() => undefined));
  for (const socket of changed.sockets) socket.close();
}

async function reset(world: World): Promise<void> {
  const person = await newPerson(world, 'Роза Забывчивая');
  await person.put('/me/factors/email', undefined);
  const ask = () => new Api(world).post('/password-resets', { email: person.email }, BARE);
  const token = await linkOf(world, person.email, ask);
  // Asking changes nothing.
  await allSay(world, person.token, 200);
  expect((await begin(person)).next).toBe('second_factor');
  const complete = (link: string, password: string) =>
    new Api(world).post('/password-resets/completion', { token: link, password }, { ...BARE, expect: ANY });
  expect((await complete(token, 'password123')).body.code).toBe('auth.password_known');
  const answers = await atOnce(4, () => complete(token, NEXT));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  expect(answers.find(({ status }) => status === 200)?.body).toEqual({ status: 'changed' });
  // Every session is over, the second factor stays, the old password is worth nothing.
  await allSay(world, person.token, 'unauthenticated');
  expect((await refreshWith(world, person.refreshToken)).status).toBe(401);
  await new Api(world).post('/sessions', { email: person.email, password: PASSWORD }, { ...BARE, expect: 401 });
  expect((await begin(person, NEXT)).next).toBe('second_factor');
  const late = await linkOf(world, person.email, ask);
  await world.advance(31 * 60_000);
  expect((await complete(late, 'третий конь батарея скрепка')).body.code).toBe('auth.code_wrong');
}

async function stepUp(world: World): Promise<void> {
  const person = await newPerson(world, 'Стелла Осторожная', ['freelancer']);
  await world.advance(11 * 60_000);
  await person.refresh();
  const email = randomEmail();
  const payout = { amount: RUB(10), destination: { kind: 'card', token: '220000004242' } };
  const acts: Record<string, (expect: number | readonly number[]) => ReturnType<Api['post']>> = {
    payout: (expected) => person.post('/withdrawals', payout, { expect: expected }),
    email: (expected) => person.post('/me/email', { email }, { expect: expected }),
    phone: (expected) => person.post('/me/phone', { phone: '+79990005151' }, { expect: expected }),
    password: (expected) => person.put('/me/password', { current: PASSWORD, next: NEXT }, { expect: expected }),
    totp: (expected) => person.post('/me/factors/totp', undefined, { expect: expected }),
    factor: (expected) => person.put('/me/factors/email', undefined, { expect: expected }),
    archive: (expected) => person.post('/me/exports', undefined, { expect: expected }),
    erasure: (expected) => person.post('/me/erasure', undefined, { expect: expected }),
  };
  for (const [name, act] of Object.entries(acts))
    expect((await act(403)).body.code, name).toBe('fresh_sign_in_required');
  const wrong = { password: 'wrong wrong wrong' };
  await person.post('/sessions/current/elevation', wrong, { ...BARE, expect: 401 });
  person.keep((await person.post('/sessions/current/elevation', { password: PASSWORD }, BARE)).body);
  // No money to pay out, but the sign-in is fresh enough to be told so.
  expect((await acts['payout']?.(ANY))?.body.code).not.toBe('fresh_sign_in_required');
  // The new address proves itself, the old one is told.
  const code = await codeOf(world, email, async () => await acts['email']?.(202));
  const told = await mailOf(world, person.email, {}, () => person.post('/me/email/confirmation', { code }, BARE));
  expect(told.to).toContain(person.email);
  person.email = email;
  await person.until('/me/profile', (profile) => profile.email === email);
  // Every change of how to sign in is mailed.
  await mailOf(world, email, { text: 'фактор' }, async () => await acts['factor']?.(200));
  await mailTo(world, email, { text: 'фактор' });
}

async function changedTexts(world: World): Promise<void> {
  const person = await newPerson(world, 'Тамара Условная', ['client', 'freelancer']);
  await topUp(person, 1_000);
  const { orderId } = (await person.post('/orders', DRAFT)).body;
  await textChanged(person, 'terms');
  // Said at the sign-in, and when asked.
  expect((await begin(person)).outdated).toEqual(['terms']);
  const { terms } = CURRENT_TEXTS;
  expect((await person.get('/me/agreements')).body.items).toMatchObject([
    { kind: 'terms', agreed: '2025-01', inForce: terms, outdated: true },
    { kind: 'privacy', outdated: false },
  ]);
  // No new obligation, at any replica.
  const offer = { price: RUB(4_000), days: 5, letter: 'Сделаю за пять дней, аккуратно.' };
  const acts: [string, object][] = [
    ['/top-ups', { amount: RUB(10) }],
    [`/orders/${orderId}/publication`, {}],
    [`/orders/${crypto.randomUUID()}/responses`, offer],
  ];
  for (const [path, body] of acts)
    for (const _ of world.gateways)
      expect((await person.post(path, body, { expect: 403 })).body.code, path).toBe('agreement_outdated');
  // What reads, ends, asks for help or pays out goes on.
  for (const path of [
    '/orders',
    `/orders/${orderId}`,
    '/me/accounts',
    '/me/statement',
    '/conversations',
    '/me/consents',
  ])
    await person.get(path);
  await person.post('/withdrawals', { amount: RUB(10), destination: { kind: 'card', token: '220000004242' } });
  await person.post('/tickets', { kind: 'question', subject: 'Условия', text: 'Что изменилось в условиях?' });
  await person.post('/me/exports', undefined, { expect: 202 });
  await person.post('/me/erasure', undefined, { expect: 202 });
  await person.delete('/me/erasure');
  // Agreed to by its version in force, once; the tokens that do not know of it are refreshed.
  const old = await person.post('/me/agreements', { terms: '2025-01' }, { ...BARE, expect: 409 });
  expect(old.body.code).toBe('auth.consent_outdated');
  const before = person.token;
  await person.post('/me/agreements', { terms }, BARE);
  await allSay(world, before, 'token_stale');
  await person.refresh();
  await person.post('/me/agreements', { terms }, BARE);
  await person.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await person.until(`/orders/${orderId}`, ({ status }) => status === 'published');
  expect((await begin(person)).outdated).toEqual([]);
  // One more entry in the log.
  await world.drain();
  const { items } = (await person.get('/me/consents')).body;
  expect(items.map(({ kind }: { kind: string }) => kind)).toEqual(['terms', 'privacy', 'terms']);
  expect(items[0]).toMatchObject({ version: terms, given: true });
}

export const SESSIONS: readonly Walk[] = [
  { name: 'A3: refresh tokens: a race, a lost answer, reuse; a browser’s stays in its cookie', run: refreshTokens },
  {
    name: 'A6: discovery and keys are enough for jose; rotation by hand with overlap; forgeries are refused',
    run: keys,
  },
  { name: 'A4, A8, Z2: sessions are listed and ended, one or all others; a new device is mailed', run: sessions },
  { name: 'A3, A4: a trusted device spares the second factor for 30 days, nothing else', run: trustedDevice },
  {
    name: 'A8, Z4: sign-out, block, lost role, new password act at the next request and on sockets',
    run: atTheNextRequest,
  },
  { name: 'A5, A7: a reset is one link for 30 minutes, ends sessions, keeps the second factor', run: reset },
  { name: 'A1: a text that has changed is asked about again; it holds nobody’s deals or money', run: changedTexts },
  { name: 'A9: what moves money or the ways in asks for a fresh sign-in; changes are mailed', run: stepUp },
];
