import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { beginRebuild, finishRebuild, rebuildIfOutdated, rebuildPortion } from '../data/rebuild.ts';
import { admin, panelsOf, rebuilt, status, transaction } from './events.ts';

let platform: TestPlatform;
const db = () => platform.ctx('analytics').db;
const DAY = { from: '2026-03-01', to: '2026-03-31' };
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 10, 12, minutes));

beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
});
afterAll(() => platform?.close());

async function deal(minutes: number): Promise<void> {
  const [orderId, client, freelancer] = [randomUUID(), randomUUID(), randomUUID()];
  const move = (shift: number, from: string | null, to: string) =>
    platform.publish(
      'orders.order.status-changed.v1',
      orderId,
      status(orderId, from, to, client, { freelancerId: to === 'in_progress' ? freelancer : null, skills: ['css'] }),
      { time: at(minutes + shift) },
    );
  await move(0, null, 'draft');
  await move(1, 'draft', 'published');
  await move(2, 'published', 'in_progress');
  await platform.publish(
    'payments.transaction.posted.v1',
    orderId,
    transaction('escrow_release', [
      ['escrow', client, '-10003'],
      ['available', freelancer, '9003'],
      ['commission', null, '1000'],
    ]),
    { time: at(minutes + 3) },
  );
}

test('a rebuild from the store equals the running rollups, and mends what was wrong', async () => {
  for (let i = 0; i < 5; i++) await deal(i);
  await platform.drain();
  expect(await rebuilt(platform)).toMatchObject({ state: 'done', percent: 100, events: 20, equal: true });
  const before = await panelsOf(platform, 'finance', DAY);
  expect(before.get('gmv').total).toBe('50015');
  await db().run(sql`update rollups set value = value + 1 where metric = 'commission'`);
  await db().run(sql`delete from bid_facts`);
  expect(await rebuilt(platform)).toMatchObject({ equal: false, differing: ['rollups', 'bid_facts'] });
  expect(await panelsOf(platform, 'finance', DAY)).toEqual(before);
  expect(await rebuilt(platform)).toMatchObject({ equal: true });
});

test('events that come while a rebuild runs are in the figures before and after it, once', async () => {
  const count = async () => (await panelsOf(platform, 'orders', DAY)).get('orders_published').total;
  expect(await count()).toBe('5');
  const { rebuildId } = await db().tx(async (tx) => {
    const row = await beginRebuild(tx, { requestedBy: null, now: platform.clock.now() });
    // By hand: the job would be through before an event comes.
    await tx.unschedule(`rebuild:${row.rebuildId}`);
    return row;
  });
  // One in front of everything that was read, one behind it.
  await deal(-60 * 24 * 9);
  await platform.drain();
  expect(await count()).toBe('6');
  expect(await rebuildPortion(db(), rebuildId)).toBe(false);
  await deal(60 * 24 * 9);
  await platform.drain();
  await finishRebuild(db(), rebuildId, platform.clock.now());
  expect(await db().one(sql`select state, equal from rebuilds where rebuild_id = ${rebuildId}`)).toEqual({
    state: 'done',
    equal: true,
  });
  expect(await count()).toBe('7');
  await deal(5);
  await platform.drain();
  expect(await count()).toBe('8');
  expect(await rebuilt(platform)).toMatchObject({ equal: true, events: 32 });
});

test('two that ask at once get the same rebuild; one that fails is given up and leaves the figures as they are', async () => {
  const ask = () => platform.call('analytics', 'startRebuild', { user: admin });
  const [first, second] = await Promise.all([ask(), ask()]);
  expect(second.body.rebuildId).toBe(first.body.rebuildId);
  await platform.drain();
  // An event that can't be read: stored by the owner, as the service checks what it takes.
  await db().run(
    sql`insert into events (event_id, type, at, data) values (${randomUUID()}, 'auth.user.registered.v1', ${at(0)}, '{}')`,
  );
  const { body } = await ask();
  for (let i = 0; i < 5; i++) await platform.advance(3_600_000);
  const ended = await platform.call('analytics', 'getRebuild', {
    user: admin,
    params: { rebuildId: body.rebuildId },
  });
  expect(ended.body).toMatchObject({ state: 'failed', equal: null });
  expect(ended.body.reason).toContain('userId');
  expect((await panelsOf(platform, 'orders', DAY)).get('orders_published').total).toBe('8');
});

test('figures of an older release are made anew at the start, by one replica', async () => {
  const count = async () => (await db().one<{ n: number }>(sql`select count(*)::int as n from rebuilds`)).n;
  await platform.drain();
  await rebuildIfOutdated(db(), platform.clock.now());
  const before = await count();
  await db().run(sql`update rebuilds set figures_version = 1`);
  await Promise.all([1, 2, 3].map(() => rebuildIfOutdated(db(), platform.clock.now())));
  expect(await count()).toBe(before + 1);
});
