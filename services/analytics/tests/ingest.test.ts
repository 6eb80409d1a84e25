import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';

/** A consumer that takes what came `together`: few transactions, and a fault holds up nothing else. */
let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
});
afterAll(() => platform?.close());

const event = (time: string, id: string = randomUUID()) => {
  const userId = randomUUID();
  return {
    specversion: '1.0' as const,
    id,
    type: 'auth.session.started.v1',
    source: '/services/test',
    subject: userId,
    time,
    datacontenttype: 'application/json' as const,
    data: { userId, sessionId: randomUUID(), factors: [] },
  };
};
const stored = async () =>
  (await platform.ctx('analytics').db.one<{ n: number }>(sql`select count(*)::int as n from events`)).n;

test('F2: a batch with the same event in it more than once counts each once, in few transactions', async () => {
  const batch = Array.from({ length: 200 }, () => event('2026-05-05T10:00:00Z'));
  await platform.bus.publish([...batch, ...batch, ...batch]);
  await platform.drain();
  expect(await stored()).toBe(200);
  const { transactions } = await platform
    .ctx('analytics')
    .db.one<{ transactions: number }>(sql`select count(distinct xmin::text)::int as transactions from events`);
  expect(transactions).toBeLessThan(100);
});

test('an event that a batch chokes on is tried alone and ends in the dead letters; the others are taken', async () => {
  // A character that PostgreSQL stores nowhere: the statement of the whole batch fails.
  const bad = { ...event('2026-05-06T10:00:00Z'), data: { ...event('').data, factors: ['\u0000'] } };
  const batch = [...Array.from({ length: 20 }, () => event('2026-05-06T10:00:00Z')), bad];
  await platform.bus.publish(batch);
  await expect.poll(stored, { timeout: 15_000 }).toBe(220);
});
