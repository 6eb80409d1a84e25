import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authEvents } from '#contracts/auth/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import type { ServiceContext } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

/** I14: what orders shows of people is kept there, and never older than what the person has just saved. */
let platform: TestPlatform;

beforeAll(async () => {
  platform = await bootPlatform({ services: ['users', 'orders'] });
});
afterAll(() => platform?.close());

async function register(displayName: string) {
  const user = person();
  const { userId } = user;
  await platform.publish(authEvents.userRegistered.type, userId, {
    userId,
    email: `${userId}@canary.example`,
    displayName,
    locale: 'ru',
    country: 'RU',
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['client'],
    confirmed: true,
  });
  await platform.drain();
  return user;
}

/** Whoever looks after a change has had its answer: turns of the event loop have passed. */
async function seenByOrders(userId: string) {
  await turn();
  const { clients } = platform.ctx('orders') as unknown as ServiceContext<typeof ordersContract>;
  return (await clients.users.getPeople({ query: { ids: userId } })).items[0];
}

test('I14: kept without a call; a rename, a block and an erasure are seen at the next look', async () => {
  const user = await register('Анна');
  expect((await seenByOrders(user.userId))?.displayName).toBe('Анна');
  // Behind the back of everything: nobody is told, so what is kept stays.
  await platform.ctx('users').db.run(sql`update profiles set headline = 'тихо' where user_id = ${user.userId}`);
  expect((await seenByOrders(user.userId))?.headline).toBeNull();
  const { headers } = await platform.call('users', 'getOwnProfile', { user });
  await platform.call('users', 'editOwnProfile', {
    user,
    body: { displayName: 'Анна Вторая' },
    ifMatch: String(headers['etag']),
  });
  expect(await seenByOrders(user.userId)).toMatchObject({ displayName: 'Анна Вторая', headline: 'тихо' });
  const act = { params: { userId: user.userId }, caller: 'admin' as const };
  const reason = { actorId: randomUUID(), reason: 'проверка' };
  // Auth does not run here: what it does for a block, its event does later.
  const refused = (error: unknown) => error;
  await platform.call('users', 'blockUser', { ...act, body: { ...reason, until: null } }).catch(refused);
  expect((await seenByOrders(user.userId))?.status).toBe('blocked');
  await platform.call('users', 'eraseUser', { ...act, body: reason }).catch(refused);
  expect(await seenByOrders(user.userId)).toMatchObject({ status: 'erased', displayName: 'Удалённый пользователь' });
});

test('I14: somebody who was not there yet is found as soon as he is', async () => {
  const user = person();
  expect(await seenByOrders(user.userId)).toBeUndefined();
  await platform.publish(authEvents.userRegistered.type, user.userId, {
    userId: user.userId,
    email: `${user.userId}@canary.example`,
    displayName: 'Новая',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['client'],
    confirmed: true,
  });
  await platform.drain();
  expect((await seenByOrders(user.userId))?.displayName).toBe('Новая');
});
