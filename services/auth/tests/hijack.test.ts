import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { authEvents } from '#contracts/auth/events.ts';
import { sql } from '#kit/db/db.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await startFixture();
});
afterAll(() => fix?.close());

/** Until the work behind the answer is done. */
async function register(email: string, password: string) {
  const body = { consents: JOINING_EXAMPLE, email, password, displayName: 'Кто-то' };
  const answer = await fix.api('POST', '/registrations', body);
  await fix.platform.drain();
  return answer;
}
const complete = (token: string, password: string) =>
  fix.api('POST', '/password-resets/completion', { token, password });

describe('A7: nothing is hijacked', () => {
  test('registering the same address at the same moment makes one account', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register('twin@example.com', PASSWORD)));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 8 }, () => 202));
    const { n } = await fix.auth.db.one<{ n: number }>(
      sql`select count(*)::int as n from accounts where email_key = 'twin@example.com'`,
    );
    expect(n).toBe(1);
  });

  test('who registers a foreign address first does not get into the account of its owner', async () => {
    const email = 'owner@example.com';
    await register(email, 'the attacker chose this');
    const attacker = (await fix.signIn(email, 'the attacker chose this')).body;
    expect(attacker.emailConfirmed).toBe(false);
    await register(email, PASSWORD);
    const own = await fix.secretFor(email, 'confirm_email');
    // Once more before the owner has opened his mail.
    await register(email, 'the attacker chose this');
    expect((await fix.api('POST', '/email-confirmations', { email, code: own.code })).status).toBe(200);
    expect((await fix.signIn(email, 'the attacker chose this')).status).toBe(401);
    expect((await fix.signIn(email)).status).toBe(200);
    const refresh = await fix.api('POST', '/sessions/refresh', { refreshToken: attacker.refreshToken });
    expect(refresh.body.code).toBe('auth.refresh_wrong');
    expect((await fix.api('GET', '/sessions', undefined, attacker.accessToken)).status).toBe(401);
  });

  test('registering a confirmed address again changes nothing', async () => {
    const { email, tokens } = await fix.newPerson();
    await register(email, 'the attacker chose this');
    expect((await fix.signIn(email, 'the attacker chose this')).status).toBe(401);
    expect((await fix.api('GET', '/sessions', undefined, tokens.accessToken)).status).toBe(200);
  });

  test('asking for a reset changes nothing, also not an earlier link', async () => {
    const { email, tokens } = await fix.newPerson();
    await fix.api('POST', '/password-resets', { email });
    const first = await fix.secretFor(email, 'reset_password');
    await fix.api('POST', '/password-resets', { email });
    const second = await fix.secretFor(email, 'reset_password');
    expect((await fix.signIn(email)).status).toBe(200);
    expect((await fix.api('GET', '/sessions', undefined, tokens.accessToken)).status).toBe(200);
    expect((await complete(first.linkToken, 'third horse battery')).status).toBe(200);
    expect((await complete(second.linkToken, 'fourth horse battery')).body.code).toBe('auth.code_wrong');
    expect((await fix.signIn(email, 'third horse battery')).status).toBe(200);
  });

  test('a reset keeps the second factor, gives no session and expires', async () => {
    const { email, tokens } = await fix.newPerson();
    expect((await fix.api('PUT', '/me/factors/email', undefined, tokens.accessToken)).status).toBe(200);
    const begun = (await fix.signIn(email)).body;
    await fix.api('POST', '/password-resets', { email });
    const { linkToken } = await fix.secretFor(email, 'reset_password');
    const done = await complete(linkToken, 'third horse battery');
    expect(done.body).toEqual({ status: 'changed' });
    expect((await fix.signIn(email, 'third horse battery')).body.next).toBe('second_factor');
    // A sign-in that was begun with the old password leads nowhere.
    const channel = { interimToken: begun.interimToken, channel: 'email' };
    expect((await fix.api('POST', '/sessions/second-factor/code', channel)).body.code).toBe('auth.interim_wrong');
    await fix.api('POST', '/password-resets', { email });
    const late = await fix.secretFor(email, 'reset_password');
    await fix.platform.advance(31 * 60_000);
    expect((await complete(late.linkToken, 'fifth horse battery')).body.code).toBe('auth.code_wrong');
  });

  test('a link in the old mailbox opens nothing after a change of address; a taken address is refused to its end', async () => {
    const { email, tokens } = await fix.newPerson();
    const other = await fix.newPerson();
    await fix.api('POST', '/password-resets', { email });
    const old = await fix.secretFor(email, 'reset_password');
    const next = 'moved@example.com';
    expect((await fix.api('POST', '/me/email', { email: next }, tokens.accessToken)).status).toBe(202);
    const { code } = await fix.secretFor(next, 'change_email');
    expect((await fix.api('POST', '/me/email/confirmation', { code }, tokens.accessToken)).body.email).toBe(next);
    expect((await complete(old.linkToken, 'third horse battery')).body.code).toBe('auth.code_wrong');
    expect((await fix.signIn(email)).status).toBe(401);
    expect((await fix.signIn(next)).status).toBe(200);
    expect((await fix.api('POST', '/me/email', { email: other.email }, tokens.accessToken)).status).toBe(202);
    const taken = await fix.secretFor(other.email, 'change_email');
    const answer = await fix.api('POST', '/me/email/confirmation', { code: taken.code }, tokens.accessToken);
    expect(answer.body.code).toBe('auth.email_taken');
  });

  test('a code of one person does nothing for another', async () => {
    const anna = await fix.newPerson();
    const boris = await fix.newPerson();
    await fix.api('POST', '/me/email', { email: 'anna.new@example.com' }, anna.tokens.accessToken);
    const { code } = await fix.secretFor('anna.new@example.com', 'change_email');
    const stolen = await fix.api('POST', '/me/email/confirmation', { code }, boris.tokens.accessToken);
    expect(stolen.body.code).toBe('auth.code_wrong');
  });

  test('an invitation works once, and not after its account has a password', async () => {
    const invite = (email: string) =>
      fix.platform.call('auth', 'createInvitation', {
        caller: 'admin',
        body: { email, displayName: 'Ольга', roles: ['support'], invitedBy: crypto.randomUUID(), locale: 'ru' },
      });
    const email = 'olga@example.com';
    const first = (await invite(email)).body;
    const again = (await invite(email)).body;
    expect(again.userId).toBe(first.userId);
    const { linkToken } = await fix.secretFor(email, 'invitation');
    const accept = (password: string) =>
      fix.api('POST', '/invitations/acceptance', { token: linkToken, password, consents: JOINING_EXAMPLE });
    expect((await accept('password123')).body.code).toBe('auth.password_known');
    expect((await accept(PASSWORD)).status).toBe(200);
    expect((await accept('another horse battery')).body.code).toBe('auth.code_wrong');
    await fix.platform.drain();
    expect((await fix.signIn(email)).body).toMatchObject({ roles: ['support'], emailConfirmed: true });
    await expect(invite(email)).rejects.toMatchObject({ code: 'auth.email_taken' });
  });

  test('a password made of the own name or address is refused', async () => {
    const body = {
      email: 'margarita@example.com',
      displayName: 'Маргарита',
      password: 'margarita2026',
      consents: JOINING_EXAMPLE,
    };
    expect((await fix.api('POST', '/registrations', body)).body.code).toBe('auth.password_known');
    const named = { ...body, password: 'Маргарита!!!1' };
    expect((await fix.api('POST', '/registrations', named)).body.code).toBe('auth.password_known');
    expect((await fix.api('POST', '/registrations', { ...body, password: PASSWORD })).status).toBe(202);
  });
});

test('the owner hears of what changes how to sign in: the old address too, the number, the codes', async () => {
  const seen: { userId: string; kind: string; email?: string }[] = [];
  await fix.platform.bus.subscribe({
    queue: 'auth-notices-spy',
    types: [authEvents.securityNotice.type],
    prefetch: 100,
    async onBatch(batch) {
      for (const message of batch) {
        seen.push(JSON.parse(message.raw.toString()).data);
        message.ack();
      }
    },
  });
  const { email, userId, tokens } = await fix.newPerson();
  const { accessToken } = tokens;
  await fix.api('POST', '/me/phone', { phone: '+79161234567' }, accessToken);
  const byPhone = await fix.secretFor('+79161234567', 'verify_phone');
  expect((await fix.api('POST', '/me/phone/confirmation', { code: byPhone.code }, accessToken)).status).toBe(200);
  expect((await fix.api('PUT', '/me/factors/email', undefined, accessToken)).status).toBe(200);
  const { recoveryCodes } = (await fix.api('POST', '/me/factors/recovery', {}, accessToken)).body;
  const { interimToken } = (await fix.signIn(email)).body;
  const passed = { interimToken, factor: 'recovery', code: recoveryCodes[0] };
  expect((await fix.api('POST', '/sessions/second-factor', passed)).status).toBe(200);
  await fix.api('POST', '/me/email', { email: 'thief@example.com' }, accessToken);
  const { code } = await fix.secretFor('thief@example.com', 'change_email');
  expect((await fix.api('POST', '/me/email/confirmation', { code }, accessToken)).status).toBe(200);
  expect(await fix.secretFor(email, 'email_replaced')).toMatchObject({
    destination: email,
    code: null,
    linkToken: null,
  });
  await fix.platform.drain();
  const kinds = () => seen.filter((one) => one.userId === userId).map((one) => one.kind);
  await vi.waitFor(() =>
    expect(kinds()).toEqual(
      expect.arrayContaining([
        'phone_changed',
        'factor_added',
        'recovery_codes_renewed',
        'recovery_code_used',
        'email_changed',
      ]),
    ),
  );
});
