import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Bus, CloudEvent } from '#kit/bus/bus.ts';
import type { Logger } from '#kit/log.ts';
import type { Telemetry } from '#kit/telemetry.ts';

/** Events taken at a time. */
const BATCH = 500;
/** Safety net only: finds what a process committed and died before relaying. */
const SWEEP_MS = 5_000;
const RELAY_LOCK = 0x0b0c;

export interface OutboxRelay {
  /** New rows were committed. Cheap; call as often as you like. */
  wake(): void;
  /** Relays what is there, then stops. */
  close(): Promise<void>;
  /** Rows that wait. */
  depth(): Promise<number>;
}

/**
 * Moves committed events from the outbox to the transport. Woken by the commit. One relay of a service works at a
 * time (a lock held for the batch), so that the events of an aggregate leave in the order they were committed;
 * replicas take turns. Rows are deleted in the transaction that saw the transport take them: never lost; a crash
 * between the two sends again, which the inboxes absorb.
 */
export function startOutboxRelay(options: {
  pool: pg.Pool;
  schema: string;
  bus: Bus;
  log: Logger;
  telemetry: Telemetry;
}): OutboxRelay {
  const { pool, bus, log, telemetry } = options;
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let failures = 0;

  async function relayBatch(): Promise<number> {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      const begun = client.query('begin');
      const locked = client.query({
        name: 'outbox-lock',
        text: `select pg_advisory_xact_lock(hashtext(current_schema()), $1)`,
        values: [RELAY_LOCK],
      });
      const taken = client.query<{ seq: bigint; body: string }>({
        name: 'outbox-take',
        text: `delete from outbox where seq in (select seq from outbox order by seq limit ${BATCH}) returning seq, body`,
      });
      const [, , { rows }] = await Promise.all([begun, locked, taken]);
      if (rows.length > 0) {
        rows.sort((a, b) => (a.seq < b.seq ? -1 : 1));
        const events = rows.map((row) => JSON.parse(row.body) as CloudEvent);
        await publish(events);
      }
      await client.query('commit');
      return rows.length;
    } catch (error) {
      await client.query('rollback').catch((e: Error) => {
        broken = e;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async function publish(events: CloudEvent[]): Promise<void> {
    const startMs = Date.now();
    await bus.publish(events);
    const endMs = Date.now();
    for (const event of events) {
      telemetry.record(
        `publish ${event.type}`,
        'producer',
        { 'messaging.system': 'artel', 'messaging.destination.name': event.type, 'messaging.message.id': event.id },
        startMs,
        endMs,
        'ok',
        event.traceparent,
      );
    }
  }

  async function loop(): Promise<void> {
    do {
      again = false;
      try {
        while ((await relayBatch()) === BATCH);
        failures = 0;
      } catch (error) {
        failures++;
        if (closed) return;
        if (failures === 1 || failures % 20 === 0)
          log.warn({ err: error, failures }, 'events wait in the outbox: the transport or the database is away');
        await sleep(Math.min(100 * 2 ** Math.min(failures, 6), 3_000), undefined, { ref: false });
        again = true;
      }
    } while (again && !closed);
  }

  function wake(): void {
    if (closed) return;
    again = true;
    running ??= loop().finally(() => {
      running = undefined;
      if (again && !closed) wake();
    });
  }

  const sweep = setInterval(wake, SWEEP_MS);
  sweep.unref();
  wake();

  return {
    wake,
    async close() {
      clearInterval(sweep);
      await running?.catch(() => {});
      closed = true;
      await relayBatch().catch(() => {});
    },
    async depth() {
      const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from outbox');
      return rows[0]?.n ?? 0;
    },
  };
}
