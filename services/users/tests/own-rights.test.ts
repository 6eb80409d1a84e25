import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authEvents } from '#contracts/auth/events.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { sql } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import type { RawCall } from '#kit/service/dispatch.ts';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['users', 'roles'] });
});
afterAll(() => platform?.close());

async function register(displayName: string): Promise<Principal> {
  const user = person();
  const { userId } = user;
  await platform.publish(authEvents.userRegistered.type, userId, {
    userId,
    email: `${userId}@example.com`,
    displayName,
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'UTC',
    roles: ['freelancer', 'client'],
    confirmed: true,
  });
  await platform.drain();
  return user;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read as an outsider would
async function call(user: Principal | undefined, route: string, input: Partial<RawCall> = {}): Promise<any> {
  try {
    return await platform.call('users', route, { user, ...input });
  } catch (error) {
    if (isProblem(error)) return { code: error.code };
    throw error;
  }
}

test('erasure waits while a deal runs', async () => {
  const [client, freelancer] = [await register('Сделка'), await register('Мастер')];
  const orderId = randomUUID();
  const step = async (to: string) => {
    await platform.publish(ordersEvents.statusChanged.type, orderId, {
      orderId,
      title: 'Заказ',
      category: 'design',
      clientId: client.userId,
      freelancerId: freelancer.userId,
      from: null,
      to,
      actorId: null,
      actorKind: 'system',
      action: to,
      reason: null,
      price: null,
      deadline: null,
      onTime: null,
    });
    await platform.drain();
  };
  const fresh = { ...freelancer, authTime: platform.clock.nowMs() / 1000 };
  await step('in_progress');
  expect((await call(fresh, 'requestErasure')).code).toBe('users.deals_running');
  await step('cancelled');
  expect((await call({ ...fresh, authTime: 0 }, 'requestErasure')).code).toBe('fresh_sign_in_required');
  expect((await call(fresh, 'requestErasure')).body.scheduledFor).toMatch(/^20/);
  expect((await call(fresh, 'cancelErasure')).body.scheduledFor).toBeNull();
});

test('consents are a log: each change stays, and nobody can alter one', async () => {
  const user = await register('Согласие');
  for (const given of [true, false])
    await call(user, 'putConsent', { body: { kind: 'news', version: '2026-01', given } });
  const { items } = (await call(user, 'listConsents')).body;
  expect(items.map((one: { given: boolean }) => one.given)).toEqual([false, true]);
  const { db } = platform.ctx('users');
  for (const change of [sql`delete from consents`, sql`update consents set given = true`])
    await expect(db.run(change)).rejects.toThrow(/permission denied/);
});

test('R1: the last admin is not erased, also when the others went after he had asked', async () => {
  const [one, two] = await Promise.all(['Первая', 'Второй'].map(register));
  if (!one || !two) throw new Error('two admins expected');
  const roles = platform.ctx('roles').db;
  const make = (userId: string) =>
    roles.run(sql`insert into assignments (user_id, role, since) values (${userId}, 'admin', now())`);
  const ask = ({ userId }: Principal) => call(person({ userId, roles: ['admin'] }), 'requestErasure');
  await make(one.userId);
  expect((await ask(one)).code).toBe('users.last_admin');
  await make(two.userId);
  expect((await ask(one)).status).toBe(202);
  // The first leaves, so the second is the last.
  expect((await ask(two)).code).toBe('users.last_admin');
  await platform.ctx('users').db.run(sql`update profiles set status = 'blocked' where user_id = ${two.userId}`);
  await platform.advance(14 * 86_400_000 + 60_000);
  const { status, eraseAt } = await platform
    .ctx('users')
    .db.one<{ status: string; eraseAt: Date | null }>(
      sql`select status, erase_at as "eraseAt" from profiles where user_id = ${one.userId}`,
    );
  expect([status, eraseAt]).toEqual(['active', null]);
});
