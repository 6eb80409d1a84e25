import type { NotificationType } from '#contracts/notifications/http.ts';
import { empty, type Queries, sql } from '#kit/db/db.ts';
import { counts, isReadWith, type ReadUpTo } from './notifications.ts';

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
    const joined = await db.run(sql`
      update deliveries set count = count + 1,
        params = ${JSON.stringify(row.params)}::jsonb || jsonb_strip_nulls(jsonb_build_object('firstSeq', params->'firstSeq')), actor_id = ${row.actorId ?? null},
        notification_id = ${row.notificationId ?? null}
      where user_id = ${row.userId} and event = ${row.event} and thread = ${thread} and channel = ${row.channel}
        and state = 'queued' and attempts = 0`);
    if (joined > 0) return true;
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

/** Drops what waits about a thread: what it says is known or no longer true. `events` undefined: whatever it says. */
export async function dropWaiting(
  db: Queries,
  where: {
    userId?: string;
    thread: string;
    events: readonly string[];
    upToMessage?: ReadUpTo;
    now: Date;
    reason: string;
  },
): Promise<void> {
  await db.run(sql`
    update deliveries set state = 'dropped', reason = ${where.reason}, done_at = ${where.now}, params = '{}'
    where thread = ${where.thread} and event = any(${[...where.events]}::text[]) and state in ('queued', 'collected')
      and (${where.userId ?? null}::uuid is null or user_id = ${where.userId ?? null}::uuid)
      ${where.upToMessage ? sql`and ${isReadWith(where.upToMessage)}` : empty}`);
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
