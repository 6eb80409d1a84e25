import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { TEST_SECRET } from '#testing/env.ts';
import { SMTP_CONNECTIONS } from '../mail/smtp.ts';
import { type Fixture, fixture } from './fixture.ts';

const EVENTS = 1_000;
const REPLICA = fileURLToPath(new URL('./replica.ts', import.meta.url));
let fix: Fixture;
let replica: ChildProcess;

beforeAll(async () => {
  fix = await fixture();
  const options = {
    adminUrl: fix.platform.adminUrl,
    secret: TEST_SECRET,
    folder: `${tmpdir()}/artel-replica-${process.pid}`,
    env: { SMTP_URL: fix.catcher.smtpUrl, MAIL_FROM: 'Artel <no-reply@artel.test>' },
  };
  replica = spawn(process.execPath, [REPLICA, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([
    once(replica.stdout as NodeJS.ReadableStream, 'data'),
    once(replica, 'exit').then(() => Promise.reject(new Error('the replica did not start'))),
  ]);
});
afterAll(async () => {
  replica?.kill('SIGKILL');
  await fix?.close();
});

/** How often each Message-ID arrived; the catcher keeps the newest only, so it is asked again and again. */
class Arrivals {
  readonly counts = new Map<string, number>();
  #seen = new Set<string>();

  async look(): Promise<number> {
    const answer = await fetch(`${fix.catcher.pageUrl}/api/messages?limit=1000`);
    const { items } = (await answer.json()) as { items: { id: string; headers: [string, string][] }[] };
    for (const { id, headers } of items) {
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      const messageId = new Map(headers).get('Message-ID') ?? '';
      this.counts.set(messageId, (this.counts.get(messageId) ?? 0) + 1);
    }
    return this.counts.size;
  }
}

/**
 * F2, F13: nothing is lost, and nothing is sent twice but what was in the mail server's hands at the very moment of the
 * kill, which keeps its Message-ID.
 */
test('1,000 events three times each, two replicas, a kill -9: every mail once', async () => {
  const people = Array.from({ length: EVENTS }, () => fix.someone().userId);
  const { db } = fix.platform.ctx('notifications');
  const arrivals = new Arrivals();
  for (let round = 0; round < 3; round++) {
    const batch = people.map((userId) => ({
      specversion: '1.0' as const,
      id: userId,
      type: 'payments.topup.failed.v1',
      source: '/services/payments',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json' as const,
      data: { topupId: newId(), userId, amount: { amount: '700', currency: 'RUB' }, reason: 'declined' },
    }));
    await fix.platform.bus.publish(batch as never);
  }
  await expect.poll(() => arrivals.look(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(EVENTS / 4);
  replica.kill('SIGKILL');
  await once(replica, 'exit');
  await fix.platform.drain();
  // What is left when the living replica has nothing to do is the dead one's; its leases are made to run out now.
  const open = () =>
    db.many<{ deliveryId: string; state: string }>(sql`
      select delivery_id as "deliveryId", state from deliveries where done_at is null order by delivery_id`);
  await expect
    .poll(
      async () => {
        await arrivals.look();
        const before = JSON.stringify(await open());
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        const after = await open();
        return JSON.stringify(after) === before && after.every((row) => row.state !== 'queued');
      },
      { timeout: 40_000 },
    )
    .toBe(true);
  const left = await open();
  const uncertain = left.filter((row) => row.state === 'handed').map((row) => `<${row.deliveryId}@artel.test>`);
  await db.run(sql`update deliveries set lease_until = statement_timestamp() where done_at is null`);
  await fix.settled();
  await arrivals.look();
  expect(uncertain.length).toBeLessThanOrEqual(SMTP_CONNECTIONS);
  expect(arrivals.counts.size).toBe(EVENTS);
  const doubled = [...arrivals.counts].filter(([, count]) => count > 1).map(([messageId]) => messageId);
  expect(doubled.filter((messageId) => !uncertain.includes(messageId))).toEqual([]);
  const states = await db.many(sql`select state, count(*)::int as n from deliveries group by state`);
  expect(states).toEqual([{ state: 'sent', n: EVENTS }]);
}, 90_000);
