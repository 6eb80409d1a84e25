import type { NotificationType } from '#contracts/notifications/http.ts';
import { empty, type Queries, sql } from '#kit/db/db.ts';
import { type Burst, joined } from '../domain/burst.ts';
import { counts, isReadWith, leftAfter, type ReadUpTo } from './notifications.ts';

export interface DeliveryRow {
  deliveryId: string;
  channel: 'email' | 'sms' | 'push';
  userId: string;
  type: NotificationType;
  event: string;
  params: Record<string, unknown>;
  actorId: string | null;
  secretId: string | null;
  notificationId: string | null;
  thread: string | null;
  critical: boolean;
  count: number;
  sendAt: Date;
  createdAt: Date;
  attempts: number;
  /** An earlier try may have been taken by the server. */
  handedAt: Date | null;
}

export interface NewDelivery
  extends Omit<
    DeliveryRow,
    'count' | 'attempts' | 'handedAt' | 'params' | 'actorId' | 'secretId' | 'notificationId' | 'thread'
  > {
  /** The same delivery asked for again has the same key. */
  readonly dedupeKey: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly actorId?: string | null;
  readonly secretId?: string | null;
  readonly notificationId?: string | null;
  readonly thread?: string | null;
  /** One that waits for the same event about the same thread takes the news in: a burst becomes one mail. */
  readonly collapse?: boolean;
}

const columns = sql`delivery_id as "deliveryId", channel, user_id as "userId", type, event, params, actor_id as "actorId", secret_id as "secretId", notification_id as "notificationId", thread, critical, count, send_at as "sendAt", created_at as "createdAt", attempts, handed_at as "handedAt"`;

/** Queues a mail or SMS. False: it was queued before. */
export async function addDelivery(db: Queries, row: NewDelivery): Promise<boolean> {
  const known = await db.maybe(sql`select 1 from deliveries where dedupe_key = ${row.dedupeKey}`);
  if (known) return false;
  const thread = row.thread ?? null;
  if (row.collapse && thread !== null) {
    const waits = await db.maybe<Burst & { deliveryId: string }>(sql`
      select delivery_id as "deliveryId", params, actor_id as "actorId", count from deliveries
      where user_id = ${row.userId} and event = ${row.event} and thread = ${thread} and channel = ${row.channel}
        and state = 'queued' and attempts = 0
      order by delivery_id limit 1 for update`);
    if (waits) {
      const { params, actorId, count } = joined(waits, { params: row.params, actorId: row.actorId ?? null, count: 1 });
      await db.run(sql`
        update deliveries set params = ${JSON.stringify(params)}, actor_id = ${actorId}, count = ${count},
          notification_id = ${row.notificationId ?? null}
        where delivery_id = ${waits.deliveryId}`);
      return true;
    }
  }
  const added = await db.run(sql`
    insert into deliveries (delivery_id, dedupe_key, channel, user_id, type, event, params, actor_id, secret_id,
      notification_id, thread, critical, send_at, created_at)
    values (${row.deliveryId}, ${row.dedupeKey}, ${row.channel}, ${row.userId}, ${row.type}, ${row.event},
      ${JSON.stringify(row.params)}, ${row.actorId ?? null}, ${row.secretId ?? null}, ${row.notificationId ?? null},
      ${thread}, ${row.critical}, ${row.sendAt}, ${row.createdAt})
    on conflict do nothing`);
  return added === 1;
}

/**
 * Takes deliveries that are due, and those whose sender died: its lease ran out. Replicas share the work. `handedAt` is
 * from an earlier try.
 */
export function claimDeliveries(
  db: Queries,
  claim: { claimId: string; now: Date; leaseMs: number; limit: number },
): Promise<DeliveryRow[]> {
  return db.many<DeliveryRow>(sql`
    update deliveries set state = 'claimed', claim_id = ${claim.claimId}, attempts = attempts + 1,
      lease_until = statement_timestamp() + ${claim.leaseMs} * interval '1 millisecond'
    where delivery_id in (
      select delivery_id from deliveries
      where (state = 'queued' and send_at <= ${claim.now})
        or (state in ('claimed', 'handed') and lease_until <= statement_timestamp())
      order by critical desc, send_at limit ${claim.limit} for update skip locked)
    returning ${columns}`);
}

/** Before the last line goes to the server. False: the lease was lost, somebody else sends it. */
export async function markHanded(
  db: Queries,
  deliveryId: string,
  claim: { claimId: string; now: Date; leaseMs: number; addressHash: string | null },
): Promise<boolean> {
  const touched = await db.run(sql`
    update deliveries set state = 'handed', handed_at = ${claim.now}, address_hash = ${claim.addressHash},
      lease_until = statement_timestamp() + ${claim.leaseMs} * interval '1 millisecond'
    where delivery_id = ${deliveryId} and claim_id = ${claim.claimId} and state = 'claimed' and lease_until > statement_timestamp()`);
  return touched === 1;
}

/** The end of a delivery. Params go: what was said is of no more use. */
export async function finishDelivery(
  db: Queries,
  deliveryId: string,
  end: { claimId: string; state: 'sent' | 'dropped' | 'failed'; reason: string | null; now: Date },
): Promise<void> {
  await db.run(sql`
    update deliveries set state = ${end.state}, reason = ${end.reason}, done_at = ${end.now}, lease_until = null, params = '{}'
    where delivery_id = ${deliveryId} and claim_id = ${end.claimId} and state in ('claimed', 'handed')`);
}

/** Puts a claimed delivery back. `counted`: it counts as an attempt. `uncertain`: the server may have taken it. */
export async function postpone(
  db: Queries,
  deliveryId: string,
  back: { claimId: string; sendAt: Date; counted: boolean; uncertain: boolean; reason: string },
): Promise<void> {
  await db.run(sql`
    update deliveries set state = 'queued', send_at = ${back.sendAt}, lease_until = null, reason = ${back.reason},
      attempts = attempts - ${back.counted ? 0 : 1}::int,
      handed_at = case when ${back.uncertain}::boolean then handed_at end
    where delivery_id = ${deliveryId} and claim_id = ${back.claimId} and state in ('claimed', 'handed')`);
}

/** Moves a claimed delivery into the person's digest of that time. */
export async function collect(
  db: Queries,
  row: DeliveryRow,
  digest: { claimId: string; deliveryId: string; sendAt: Date; now: Date },
): Promise<void> {
  const dedupeKey = `digest:${row.userId}:${digest.sendAt.toISOString()}`;
  await db.run(sql`
    insert into deliveries (delivery_id, dedupe_key, channel, user_id, type, event, params, critical, send_at, created_at)
    values (${digest.deliveryId}, ${dedupeKey}, 'email', ${row.userId}, 'system', 'digest', '{}', false, ${digest.sendAt}, ${digest.now})
    on conflict (dedupe_key) do nothing`);
  const { digestId, state } = await db.one<{ digestId: string; state: string }>(sql`
    select delivery_id as "digestId", state from deliveries where dedupe_key = ${dedupeKey} for update`);
  if (state !== 'queued') throw new Error('the digest of this time has gone out already');
  await db.run(sql`
    update deliveries set state = 'collected', digest_id = ${digestId}, lease_until = null
    where delivery_id = ${row.deliveryId} and claim_id = ${digest.claimId} and state = 'claimed'`);
}

/** What a digest tells of, without what was read in the app meanwhile. */
export function digestItems(db: Queries, digestId: string): Promise<DeliveryRow[]> {
  return db.many<DeliveryRow>(sql`
    select ${columns} from deliveries d
    where digest_id = ${digestId} and state = 'collected' and not exists (
      select 1 from notifications n where n.notification_id = d.notification_id and n.read_at is not null)
    order by delivery_id`);
}

export async function finishDigestItems(db: Queries, digestId: string, now: Date): Promise<void> {
  await db.run(sql`
    update deliveries set state = 'sent', reason = 'digest', done_at = ${now}, params = '{}'
    where digest_id = ${digestId} and state = 'collected'`);
}

/** Drops what waits about a thread: what it says is known or no longer true. `about`: only what names these in its params. */
export async function dropWaiting(
  db: Queries,
  where: {
    userId?: string;
    thread: string;
    events: readonly string[];
    about?: Readonly<Record<string, string | number>> | undefined;
    upToMessage?: ReadUpTo;
    now: Date;
    reason: string;
  },
): Promise<void> {
  await db.run(sql`
    update deliveries set state = 'dropped', reason = ${where.reason}, done_at = ${where.now}, params = '{}'
    where thread = ${where.thread} and event = any(${[...where.events]}::text[]) and state in ('queued', 'collected')
      and (${where.userId ?? null}::uuid is null or user_id = ${where.userId ?? null}::uuid)
      ${where.about ? sql`and params @> ${JSON.stringify(where.about)}::jsonb` : empty}
      ${where.upToMessage ? sql`and ${isReadWith(where.upToMessage)}` : empty}`);
}

/** What waits of messages some of which were read tells of the others. */
export async function readPartOfWaiting(
  db: Queries,
  of: { userId: string; thread: string; event: string; read: ReadUpTo },
): Promise<void> {
  await db.run(sql`
    update deliveries set ${leftAfter(of.read)}
    where user_id = ${of.userId} and thread = ${of.thread} and event = ${of.event} and state in ('queued', 'collected')
      and (params->>'firstSeq')::int <= ${of.read.seq}`);
}

/** What waits of responses to an order is told otherwise, or dropped where `change` leaves nothing of it. */
export async function changeWaiting(
  db: Queries,
  of: { userId: string; thread: string; event: string; now: Date; reason: string },
  change: (burst: Burst) => Burst | undefined,
): Promise<void> {
  const rows = await db.many<Burst & { deliveryId: string }>(sql`
    select delivery_id as "deliveryId", params, actor_id as "actorId", count from deliveries
    where user_id = ${of.userId} and thread = ${of.thread} and event = ${of.event} and state in ('queued', 'collected')
    order by delivery_id for update`);
  for (const row of rows) {
    const after = change(row);
    if (after === row) continue;
    await db.run(
      after
        ? sql`update deliveries set params = ${JSON.stringify(after.params)}, actor_id = ${after.actorId}, count = ${after.count} where delivery_id = ${row.deliveryId}`
        : sql`update deliveries set state = 'dropped', reason = ${of.reason}, done_at = ${of.now}, params = '{}' where delivery_id = ${row.deliveryId}`,
    );
  }
}

/** A message is gone: what waits to tell of it tells of one less, or is dropped. */
export async function takeBackWaiting(
  db: Queries,
  of: { userIds: readonly string[]; thread: string; event: string; seq: number; now: Date; reason: string },
): Promise<void> {
  await db.run(sql`
    update deliveries set count = greatest(count - 1, 1),
      state = case when count = 1 then 'dropped' else state end,
      reason = case when count = 1 then ${of.reason} else reason end,
      done_at = case when count = 1 then ${of.now}::timestamptz else done_at end,
      params = case when count = 1 then '{}'::jsonb else params end
    where user_id = any(${[...of.userIds]}::uuid[]) and thread = ${of.thread} and event = ${of.event}
      and state in ('queued', 'collected') and ${counts(of.seq)}`);
}

/** What waits of news that are now one unread one is read with that. */
export async function followNotification(
  db: Queries,
  of: { userId: string; thread: string; event: string; notificationId: string },
): Promise<void> {
  await db.run(sql`
    update deliveries set notification_id = ${of.notificationId}
    where user_id = ${of.userId} and thread = ${of.thread} and event = ${of.event} and state in ('queued', 'collected')
      and notification_id is not null`);
}

export async function isRead(db: Queries, notificationId: string): Promise<boolean> {
  const row = await db.maybe(sql`
    select 1 from notifications where notification_id = ${notificationId} and read_at is not null`);
  return row !== undefined;
}

/** Whose mail it was and where it went; for feedback of the mail provider. */
export function sentMail(
  db: Queries,
  deliveryId: string,
): Promise<{ userId: string; type: NotificationType; critical: boolean; addressHash: string } | undefined> {
  return db.maybe(sql`
    select user_id as "userId", type, critical, address_hash as "addressHash" from deliveries
    where delivery_id = ${deliveryId} and channel = 'email' and address_hash is not null`);
}
