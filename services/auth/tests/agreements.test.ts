/** A text that has changed since a person agreed to it (A1, 152-FZ). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { sql } from '#kit/db/db.ts';
import { createAccount } from '../data/new-account.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
/** Consents that were told for the log. */
const told: { userId: string; consents: { kind: string; version: string }[] }[] = [];
beforeAll(async () => {
  fix = await startFixture();
  await fix.platform.bus.subscribe({
    queue: 'consents-listener',
    types: ['auth.consents.given.v1'],
    prefetch: 10,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        told.push(JSON.parse(delivery.raw.toString('utf8')).data);
        delivery.ack();
      }
    },
  });
});
afterAll(() => fix?.close());

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const publish = (token: string) =>
  fix.api('POST', '/me/agreements', { terms: CURRENT_TEXTS.terms, privacy: CURRENT_TEXTS.privacy }, token);

test('who joined agreed to what was in force; a newer version is told at the next token, and agreed to once', async () => {
  const { email, userId, tokens } = await fix.newPerson();
  const own = async (token: string) => (await fix.api('GET', '/me/agreements', undefined, token)).body.items;
  expect(await own(tokens.accessToken)).toMatchObject([{ outdated: false }, { outdated: false }]);
  expect((await fix.signIn(email)).body.outdated).toEqual([]);
  await fix.auth.db.run(sql`update accounts set privacy_version = '2025-01' where user_id = ${userId}`);
  const { body } = await fix.signIn(email);
  expect([body.outdated, claimsOf(body.accessToken).ag]).toEqual([['privacy'], false]);
  expect(await own(body.accessToken)).toMatchObject([
    { kind: 'terms', outdated: false },
    { kind: 'privacy', agreed: '2025-01', inForce: CURRENT_TEXTS.privacy, outdated: true },
  ]);
  for (const given of [{}, { news: CURRENT_TEXTS.news }])
    expect((await fix.api('POST', '/me/agreements', given, body.accessToken)).body.code).toBe('validation_failed');
  expect((await fix.api('POST', '/me/agreements', { privacy: '2025-01' }, body.accessToken)).body).toMatchObject({
    code: 'auth.consent_outdated',
    errors: [{ pointer: '/body/privacy' }],
  });
  await fix.platform.drain();
  told.length = 0;
  expect((await publish(body.accessToken)).body.items).toMatchObject([{ outdated: false }, { outdated: false }]);
  expect((await publish(body.accessToken)).body.code).toBe('token_stale');
  const next = (await fix.api('POST', '/sessions/refresh', { refreshToken: body.refreshToken })).body;
  expect([next.outdated, claimsOf(next.accessToken).ag]).toEqual([[], true]);
  await publish(next.accessToken);
  await fix.platform.drain();
  // Only what was new is an entry of the log.
  await expect
    .poll(() => told)
    .toEqual([{ userId, consents: [{ kind: 'privacy', version: CURRENT_TEXTS.privacy }], at: expect.any(String) }]);
});

test('who set the platform up was asked nothing, and is not held by it', async () => {
  const email = 'root-of-all@example.com';
  const passwordHash = await fix.auth.hasher.hash(PASSWORD);
  const person = {
    displayName: 'Первый',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
  } as const;
  await fix.auth.db.tx((tx) =>
    createAccount(tx, fix.auth, { ...person, email, roles: ['admin'], passwordHash, confirmed: true }),
  );
  expect((await fix.signIn(email)).body.outdated).toEqual([]);
});
