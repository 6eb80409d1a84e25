import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { rolesEvents } from '#contracts/roles/events.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await startFixture();
});
afterAll(() => fix?.close());

const ADMIN = newId();
async function makeAdmin(): Promise<void> {
  await fix.platform
    .ctx('roles')
    .db.run(
      sql`insert into assignments (user_id, role, since) values (${ADMIN}, 'admin', now()) on conflict do nothing`,
    );
}
async function assign(userId: string, roles: string[]): Promise<void> {
  await makeAdmin();
  const body = { actorId: ADMIN, roles, reason: 'a test of rights' };
  await fix.platform.call('roles', 'assignRoles', { caller: 'admin', params: { userId }, body });
}
const asks = async (token: string) => {
  const { status, body } = await fix.api('GET', '/me/factors', undefined, token);
  return status === 200 ? 200 : body.code;
};
const refresh = (refreshToken: string) => fix.api('POST', '/sessions/refresh', { refreshToken });

describe('Z4: a change of rights acts at once', () => {
  test('the first roles of a new person, and a confirmation, cost no surprising 401', async () => {
    const email = 'quick@example.com';
    await fix.api('POST', '/registrations', {
      consents: JOINING_EXAMPLE,
      email,
      password: PASSWORD,
      displayName: 'Быстрая',
      roles: ['client'],
    });
    const { code } = await fix.secretFor(email, 'confirm_email');
    await fix.api('POST', '/email-confirmations', { email, code });
    await fix.platform.drain();
    const { accessToken, roles } = (await fix.signIn(email)).body;
    await fix.platform.drain();
    expect(roles).toEqual(['client']);
    expect(await asks(accessToken)).toBe(200);
  });

  test('a lost role makes the token stale at the next request, and the next token does without it', async () => {
    const { userId, tokens } = await fix.newPerson(['freelancer', 'client']);
    expect(await asks(tokens.accessToken)).toBe(200);
    await assign(userId, ['client']);
    await fix.platform.drain();
    expect(await asks(tokens.accessToken)).toBe('token_stale');
    const next = (await refresh(tokens.refreshToken)).body;
    expect(next.roles).toEqual(['client']);
    expect(await asks(next.accessToken)).toBe(200);
  });

  test('a refresh that comes before the event leaves no token behind that still has the lost role', async () => {
    const { userId, tokens } = await fix.newPerson(['freelancer', 'client']);
    // The role is gone, its event has not arrived.
    await fix.platform
      .ctx('roles')
      .db.run(sql`delete from assignments where user_id = ${userId} and role = 'freelancer'`);
    const next = (await refresh(tokens.refreshToken)).body;
    expect(await asks(next.accessToken)).toBe(200);
    expect(await asks(tokens.accessToken)).toBe('token_stale');
  });

  test('a changed role makes the tokens that carry it stale, and no others', async () => {
    const holder = await fix.newPerson(['freelancer']);
    const other = await fix.newPerson(['client']);
    const data = { role: 'freelancer', actorId: null, permissions: [], before: [], reason: 'a test' };
    await fix.platform.publish(rolesEvents.roleChanged.type, newId(), data);
    await fix.platform.drain();
    expect(await asks(holder.tokens.accessToken)).toBe('token_stale');
    expect(await asks(other.tokens.accessToken)).toBe(200);
    expect(await asks((await refresh(holder.tokens.refreshToken)).body.accessToken)).toBe(200);
  });

  test('F12: a replica whose clock is ahead makes nobody a token that is stale at birth', async () => {
    const { userId, tokens } = await fix.newPerson(['client']);
    const ahead = new Date(fix.platform.clock.nowMs() + 90_000);
    await fix.auth.db.run(sql`update accounts set rights_valid_from = ${ahead} where user_id = ${userId}`);
    const next = (await refresh(tokens.refreshToken)).body;
    expect(await asks(next.accessToken)).toBe(200);
  });
});

describe('A8: a block', () => {
  test('ends the sessions before it answers, refuses new ones, and is lifted', async () => {
    const { email, userId, tokens } = await fix.newPerson();
    const lock = (locked: boolean) =>
      fix.platform.call('auth', 'lockUser', { caller: 'users', params: { userId }, body: { locked, until: null } });
    await lock(true);
    expect(await asks(tokens.accessToken)).toBe('unauthenticated');
    expect((await refresh(tokens.refreshToken)).body.code).toBe('auth.refresh_wrong');
    const right = await fix.signIn(email);
    expect([right.status, right.body.code]).toEqual([401, 'auth.blocked']);
    // Who does not know the password learns nothing.
    expect((await fix.signIn(email, 'wrong wrong wrong')).body.code).toBe('auth.credentials_wrong');
    await lock(false);
    expect((await fix.signIn(email)).status).toBe(200);
  });

  test('F2, F3: its events converge in any order and number', async () => {
    const { email, userId } = await fix.newPerson();
    const block = { userId, actorId: ADMIN, until: null };
    const publish = async (type: string, data: object, sequence: number) => {
      await fix.platform.publish(type, userId, data, { sequence });
      await fix.platform.drain();
    };
    await publish(usersEvents.userUnblocked.type, { userId, actorId: ADMIN }, 5);
    await publish(usersEvents.userBlocked.type, block, 4);
    expect((await fix.signIn(email)).status).toBe(200);
    await publish(usersEvents.userBlocked.type, block, 6);
    await publish(usersEvents.userBlocked.type, block, 6);
    await publish(usersEvents.userUnblocked.type, { userId, actorId: ADMIN }, 5);
    expect((await fix.signIn(email)).body.code).toBe('auth.blocked');
  });

  test('P2: after an erasure nothing signs in and nothing names the person', async () => {
    const { email, userId, tokens } = await fix.newPerson();
    await fix.platform.publish(usersEvents.userErased.type, userId, { userId, actorId: ADMIN });
    await fix.platform.drain();
    expect(await asks(tokens.accessToken)).toBe('unauthenticated');
    expect((await fix.signIn(email)).body.code).toBe('auth.credentials_wrong');
    const kept = await fix.auth.db.one<{ text: string }>(
      sql`select accounts::text as text from accounts where user_id = ${userId}`,
    );
    expect(kept.text).not.toContain('person');
    expect(kept.text).not.toContain('Анна');
  });
});

describe('keys (A6)', () => {
  test('the schedule publishes a key before it signs with it; old ones go when their tokens have ended', async () => {
    const { keyring } = fix.auth;
    const kids = async () =>
      (await fix.api('GET', '/.well-known/jwks.json')).body.keys.map((key: { kid: string }) => key.kid);
    const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
    const before = await fix.newPerson();
    const [first] = await kids();
    expect(await keyring.rotateWhenOld(fix.platform.clock.now(), 30 * 86_400_000)).toBeUndefined();
    const next = await keyring.rotateWhenOld(fix.platform.clock.now(), 0);
    expect(await kids()).toEqual([next, first]);
    expect(kidOf((await fix.signIn(before.email)).body.accessToken)).toBe(first);
    // Two replicas at once make one key by the schedule.
    await fix.platform.advance(11 * 60_000);
    expect(await keyring.rotateWhenOld(fix.platform.clock.now(), 86_400_000)).toBeUndefined();
    const byHand = await keyring.rotateNow(fix.platform.clock.now());
    expect(kidOf((await fix.signIn(before.email)).body.accessToken)).toBe(byHand);
    await fix.platform.advance(20 * 60_000);
    await keyring.forgetOld(fix.platform.clock.now());
    expect(await kids()).toEqual([byHand]);
  });
});
