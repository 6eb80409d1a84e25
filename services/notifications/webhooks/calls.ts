import type { z } from 'zod';
import type { callView, WebhookEvent } from '#contracts/notifications/webhooks.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

type View = z.output<typeof callView>;
export interface Call extends Omit<View, 'lastTriedAt' | 'createdAt'> {
  lastTriedAt: Date | null;
  createdAt: Date;
}
const columns = sql`call_id as "callId", type, state, attempts, last_status as "lastStatus", last_error as "lastError", last_tried_at as "lastTriedAt",
  created_at as "createdAt", payload, replay_of as "replayOf"`;

/** Calls that may wait for one endpoint; what comes beyond is not kept. */
export const MOST_WAITING = 10_000;

export interface Told {
  readonly userId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface News {
  readonly type: WebhookEvent;
  readonly told: readonly Told[];
  readonly forAll: Readonly<Record<string, unknown>>;
}

export interface Hearer {
  readonly endpointId: string;
  readonly ownerId: string;
  readonly scope: string;
}

/** The endpoints of the people whom something concerns, and those of the platform, but for those at which too much waits. */
export function hearersOf(db: Queries, of: News): Promise<Hearer[]> {
  return db.many<Hearer>(sql`
    select endpoint_id as "endpointId", owner_id as "ownerId", scope from webhook_endpoints e
    where enabled and ${of.type} = any(events) and (scope = 'platform' or owner_id = any(${of.told.map((one) => one.userId)}::uuid[]))
      and (select count(*) from (select 1 from webhook_calls c where c.endpoint_id = e.endpoint_id and c.state = 'waiting' limit ${MOST_WAITING}) w) < ${MOST_WAITING}
    order by endpoint_id`);
}

/**
 * Queues what an event tells to the endpoints that hear of it. In the transaction of the inbox entry, once per endpoint and
 * event. No endpoint is locked: many events share such a transaction, in any order. Answers the endpoints that have
 * something to be sent, for `markDue` after the commit.
 */
export async function enqueueEvent(
  tx: Tx,
  event: { id: string; time: Date },
  of: News & { hearers: readonly Hearer[] },
  now: Date,
): Promise<string[]> {
  const calls = of.hearers.map(({ endpointId, ownerId, scope }) => {
    const data = scope === 'platform' ? of.forAll : of.told.find((one) => one.userId === ownerId)?.data;
    return { endpointId, payload: { type: of.type, timestamp: event.time.toISOString(), data } };
  });
  // One that was removed meanwhile hears no more.
  await tx.run(sql`
    insert into webhook_calls (call_id, endpoint_id, event_id, type, payload, created_at)
    select call_id, endpoint_id, ${event.id}, ${of.type}, payload, ${now}
    from unnest(${calls.map(() => newId())}::uuid[], ${calls.map((one) => one.endpointId)}::uuid[], ${calls.map((one) => JSON.stringify(one.payload))}::jsonb[])
      as c (call_id, endpoint_id, payload) join webhook_endpoints using (endpoint_id)
    on conflict (endpoint_id, event_id) do nothing`);
  return calls.map((one) => one.endpointId);
}

/** After the commit of what they wait for. One that waits for its next try keeps its time: what is behind it comes after it. */
export async function markDue(db: Queries, endpointIds: readonly string[], now: Date): Promise<void> {
  for (const endpointId of endpointIds)
    await db.run(
      sql`update webhook_endpoints set next_at = ${now} where endpoint_id = ${endpointId} and next_at is null`,
    );
}

/** What a process queued and died before it could mark it. */
export async function markForgotten(db: Queries, now: Date): Promise<void> {
  await db.run(sql`
    update webhook_endpoints e set next_at = ${now}
    where enabled and next_at is null and exists (select 1 from webhook_calls c where c.endpoint_id = e.endpoint_id and c.state = 'waiting')`);
}

/** A test, or an earlier call once more. The endpoint is locked by the caller. */
export async function enqueueByHand(
  tx: Tx,
  endpointId: string,
  of: { type: string; payload: unknown; replayOf: string | null; now: Date },
): Promise<Call> {
  const call = await tx.one<Call>(sql`
    insert into webhook_calls (call_id, endpoint_id, replay_of, type, payload, created_at)
    values (${newId()}, ${endpointId}, ${of.replayOf}, ${of.type}, ${JSON.stringify(of.payload)}, ${of.now}) returning ${columns}`);
  await tx.run(
    sql`update webhook_endpoints set next_at = coalesce(next_at, ${of.now}) where endpoint_id = ${endpointId}`,
  );
  return call;
}

export function callOf(db: Queries, endpointId: string, callId: string): Promise<Call | undefined> {
  return db.maybe<Call>(
    sql`select ${columns} from webhook_calls where endpoint_id = ${endpointId} and call_id = ${callId}`,
  );
}

export function listCalls(
  db: Queries,
  endpointId: string,
  page: { before: string | undefined; limit: number; state: Call['state'] | undefined },
): Promise<Call[]> {
  return db.many<Call>(sql`
    select ${columns} from webhook_calls where endpoint_id = ${endpointId}
      and (${page.before ?? null}::uuid is null or call_id < ${page.before ?? null}::uuid) and (${page.state ?? null}::text is null or state = ${page.state ?? null})
    order by call_id desc limit ${page.limit}`);
}

export async function countWaiting(db: Queries, endpointId: string): Promise<number> {
  const { n } = await db.one<{ n: number }>(
    sql`select count(*)::int as n from (select 1 from webhook_calls where endpoint_id = ${endpointId} and state = 'waiting' limit ${MOST_WAITING}) t`,
  );
  return n;
}

export function viewCall(call: Call): z.input<typeof callView> {
  return { ...call, lastTriedAt: call.lastTriedAt?.toISOString() ?? null, createdAt: call.createdAt.toISOString() };
}
