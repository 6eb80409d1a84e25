import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
const seen: { userId: string; viewer: string; day: string }[] = [];
beforeAll(async () => {
  platform = await bootPlatform({ services: ['users'] });
  await platform.bus.subscribe({
    queue: 'watch',
    types: ['users.profile.viewed.v1'],
    prefetch: 10,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        seen.push(JSON.parse(delivery.raw.toString('utf8')).data);
        delivery.ack();
      }
    },
  });
});
afterAll(() => platform?.close());

test('a look at a profile is told once per viewer and day, never of its owner, and names nobody', async () => {
  const owner = person();
  await platform.publish('auth.user.registered.v1', owner.userId, {
    userId: owner.userId,
    email: 'a@artel.test',
    displayName: 'Анна',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['freelancer'],
    confirmed: true,
  });
  await platform.drain();
  const { body } = await platform.call('users', 'getOwnProfile', { user: owner });
  const viewer = person();
  const guest = { ip: '203.0.113.7', userAgent: `browser ${randomUUID()}` };
  const look = (input: object) => platform.call('users', 'getProfile', { params: { slug: body.slug }, ...input });
  for (let i = 0; i < 3; i++) {
    await look({ user: owner });
    await look({ user: viewer });
    await look({ origin: guest });
  }
  await platform.drain();
  expect(seen).toHaveLength(2);
  expect(new Set(seen.map((one) => one.viewer)).size).toBe(2);
  const told = JSON.stringify(seen);
  for (const trace of [viewer.userId, guest.ip, guest.userAgent]) expect(told).not.toContain(trace);
  // Another day is another mark: days can't be linked.
  await platform.advance(86_400_000);
  await look({ user: viewer });
  await platform.drain();
  expect(seen).toHaveLength(3);
  expect(new Set(seen.map((one) => one.viewer)).size).toBe(3);
});
