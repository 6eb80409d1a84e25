/**
 * F2, F13: a thousand news come three times each to two replicas of notifications, and one of them is killed in the middle.
 * Nothing is lost, and nothing is sent twice but what was in the mail server's hands at the very moment of the kill, which
 * keeps its Message-ID.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect } from 'vitest';
import type { Bus } from '#kit/bus/bus.ts';
import { SMTP_CONNECTIONS } from '#services/notifications/mail/smtp.ts';

export const NEWS = 1_000;

export interface TwoReplicas {
  readonly bus: Bus;
  readonly adminUrl: string;
  readonly catcherUrl: string;
  /** Ends one of the two with SIGKILL. */
  kill(): Promise<void>;
  drain(): Promise<void>;
}

interface Person {
  readonly userId: string;
  readonly email: string;
}

/** How often each Message-ID arrived; the catcher keeps the newest only, so it is asked again and again. */
class Arrivals {
  readonly counts = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #url: string;
  readonly #addresses: ReadonlySet<string>;

  constructor(catcherUrl: string, people: readonly Person[]) {
    this.#url = `${catcherUrl}/api/messages?kind=mail&limit=1000`;
    this.#addresses = new Set(people.map((person) => person.email));
  }

  async look(): Promise<number> {
    const { items } = (await (await fetch(this.#url)).json()) as {
      items: { id: string; to: string[]; headers: [string, string][] }[];
    };
    for (const { id, to, headers } of items) {
      if (this.#seen.has(id) || !to.some((address) => this.#addresses.has(address))) continue;
      this.#seen.add(id);
      const messageId = new Map(headers).get('Message-ID') ?? '';
      this.counts.set(messageId, (this.counts.get(messageId) ?? 0) + 1);
    }
    return this.counts.size;
  }
}

/** A top-up failed, for each of them; the id of the person is that of the event, whenever it is told. */
const tell = (bus: Bus, people: readonly Person[]) =>
  bus.publish(
    people.map(({ userId }) => ({
      specversion: '1.0' as const,
      id: userId,
      type: 'payments.topup.failed.v1',
      source: '/services/payments',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json' as const,
      data: { topupId: randomUUID(), userId, amount: { amount: '700', currency: 'RUB' }, reason: 'declined' },
    })),
  );

/** `people`: a thousand, whose addresses users knows. */
export async function everyMailOnce(world: TwoReplicas, people: readonly Person[]): Promise<void> {
  const arrivals = new Arrivals(world.catcherUrl, people);
  const owner = new pg.Client({ connectionString: world.adminUrl });
  await owner.connect();
  const ids = people.map((person) => person.userId);
  const open = async () =>
    (
      await owner.query<{ deliveryId: string; state: string }>(
        'select delivery_id as "deliveryId", state from notifications.deliveries where done_at is null and user_id = any($1) order by 1',
        [ids],
      )
    ).rows;
  try {
    for (let round = 0; round < 3; round++) await tell(world.bus, people);
    await expect.poll(() => arrivals.look(), { timeout: 90_000, interval: 20 }).toBeGreaterThan(NEWS / 4);
    await world.kill();
    await world.drain();
    // What is left when the living replica has nothing to do is the dead one's; its leases are made to run out now.
    await expect
      .poll(
        async () => {
          await arrivals.look();
          const before = JSON.stringify(await open());
          await sleep(1_500);
          const after = await open();
          return JSON.stringify(after) === before && after.every((row) => row.state !== 'queued');
        },
        { timeout: 90_000 },
      )
      .toBe(true);
    const uncertain = (await open()).filter((row) => row.state === 'handed').map((row) => `<${row.deliveryId}@`);
    await owner.query(
      'update notifications.deliveries set lease_until = statement_timestamp() where done_at is null and user_id = any($1)',
      [ids],
    );
    await expect.poll(async () => (await open()).length, { timeout: 60_000 }).toBe(0);
    await arrivals.look();
    expect(uncertain.length).toBeLessThanOrEqual(SMTP_CONNECTIONS);
    expect(arrivals.counts.size).toBe(NEWS);
    const doubled = [...arrivals.counts].filter(([, count]) => count > 1).map(([messageId]) => messageId);
    expect(doubled.filter((messageId) => !uncertain.some((start) => messageId.startsWith(start)))).toEqual([]);
    const { rows } = await owner.query(
      'select state, count(*)::int as n from notifications.deliveries where user_id = any($1) group by state',
      [ids],
    );
    expect(rows).toEqual([{ state: 'sent', n: NEWS }]);
  } finally {
    await owner.end();
  }
}
