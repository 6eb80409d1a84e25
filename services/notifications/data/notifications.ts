import type { NotificationType } from '#contracts/notifications/http.ts';
import { type Queries, type Sql, sql } from '#kit/db/db.ts';
import { type Burst, joined } from '../domain/burst.ts';

export interface NotificationRow {
  notificationId: string;
  userId: string;
  type: NotificationType;
  event: string;
  params: Record<string, unknown>;
  actorId: string | null;
  thread: string | null;
  count: number;
  readAt: Date | null;
  createdAt: Date;
}

const columns = sql`notification_id as "notificationId", user_id as "userId", type, event, params, actor_id as "actorId", thread, count, read_at as "readAt", created_at as "createdAt"`;

/**
 * Adds a notification. With `collapse` it takes the place of the unread ones of the same event and thread, and their
 * count. What it says, and whether it took a place.
 */
export async function addNotification(
  db: Queries,
  row: Omit<NotificationRow, 'count'>,
  collapse: boolean,
): Promise<Burst & { joins: boolean }> {
  const before =
    collapse && row.thread !== null
      ? await db.many<Burst & { notificationId: string }>(sql`
          delete from notifications
          where user_id = ${row.userId} and thread = ${row.thread} and event = ${row.event} and read_at is null
          returning notification_id as "notificationId", params, actor_id as "actorId", count`)
      : [];
  before.sort((a, b) => (a.notificationId < b.notificationId ? -1 : 1));
  const alone: Burst = { params: row.params, actorId: row.actorId, count: 1 };
  const { params, actorId, count } = [...before, alone].reduce(joined);
  await db.run(sql`
    insert into notifications (notification_id, user_id, type, event, params, actor_id, thread, count, read_at, created_at)
    values (${row.notificationId}, ${row.userId}, ${row.type}, ${row.event}, ${JSON.stringify(params)}, ${actorId},
      ${row.thread}, ${count}, ${row.readAt}, ${row.createdAt})`);
  return { params, actorId, count, joins: before.length > 0 };
}

export interface ListFilter {
  readonly unread: boolean;
  readonly type: NotificationType | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

export function listNotificationRows(db: Queries, userId: string, filter: ListFilter): Promise<NotificationRow[]> {
  return db.many<NotificationRow>(sql`
    select ${columns} from notifications
    where user_id = ${userId} and (${filter.before ?? null}::uuid is null or notification_id < ${filter.before ?? null}::uuid)
      and (not ${filter.unread}::boolean or read_at is null)
      and (${filter.type ?? null}::text is null or type = ${filter.type ?? null})
    order by notification_id desc limit ${filter.limit}`);
}

/** Unread of many people at once; those without any are left out. */
export async function unreadCounts(db: Queries, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.many<{ userId: string; unread: number }>(sql`
    select user_id as "userId", count(*)::int as unread from notifications
    where user_id = any(${[...userIds]}::uuid[]) and read_at is null group by user_id`);
  return new Map(rows.map((row) => [row.userId, row.unread]));
}

/** False: not his, or there is none. One that is read stays as it is. */
export async function readOne(db: Queries, userId: string, notificationId: string, now: Date): Promise<boolean> {
  const touched = await db.run(sql`
    update notifications set read_at = coalesce(read_at, ${now})
    where notification_id = ${notificationId} and user_id = ${userId}`);
  return touched === 1;
}

export async function readAll(db: Queries, userId: string, upTo: string | undefined, now: Date): Promise<void> {
  await db.run(sql`
    update notifications set read_at = ${now}
    where user_id = ${userId} and read_at is null and (${upTo ?? null}::uuid is null or notification_id <= ${upTo ?? null}::uuid)`);
}

/** How far a conversation was read. */
export interface ReadUpTo {
  readonly upTo: string;
  readonly seq: number;
  /** How many were unread after it, when the conversation had come to `lastSeq`. Of older events unknown. */
  readonly unread?: number | undefined;
  readonly lastSeq?: number | undefined;
}

/**
 * Whether what tells of a message (`params`) is read with it; also when all after it are gone. What was written before it
 * kept the number goes by the id.
 */
export function isReadWith({ upTo, seq, unread, lastSeq }: ReadUpTo): Sql {
  const last = unread === 0 ? Math.max(seq, lastSeq ?? 0) : seq;
  return sql`coalesce((params->>'seq')::int <= ${last}, (params->>'messageId')::uuid <= ${upTo}::uuid)`;
}

/** As columns of what tells of several messages, of which those up to one were read: it begins after that, and counts what is left. */
export function leftAfter({ seq, unread, lastSeq }: ReadUpTo): Sql {
  const left = sql`${unread ?? null}::int + greatest((params->>'seq')::int - ${lastSeq ?? null}::int, 0)`;
  return sql`count = greatest(least(count, ${left}), 1), params = params || jsonb_build_object('firstSeq', ${seq}::int + 1)`;
}

/** Reads what tells of messages up to one of a conversation; what tells of later ones as well tells of those. */
export async function readThread(
  db: Queries,
  of: { userId: string; thread: string; read: ReadUpTo; now: Date },
): Promise<number> {
  const unread = sql`user_id = ${of.userId} and thread = ${of.thread} and read_at is null`;
  const all = await db.run(
    sql`update notifications set read_at = ${of.now} where ${unread} and ${isReadWith(of.read)}`,
  );
  const some = await db.run(
    sql`update notifications set ${leftAfter(of.read)} where ${unread} and (params->>'firstSeq')::int <= ${of.read.seq}`,
  );
  return all + some;
}

/** What is unread of responses to an order is told otherwise, or goes where `change` leaves nothing of it. True: it went. */
export async function changeUnread(
  db: Queries,
  of: { userId: string; thread: string; event: string },
  change: (burst: Burst) => Burst | undefined,
): Promise<boolean> {
  const rows = await db.many<Burst & { notificationId: string }>(sql`
    select notification_id as "notificationId", params, actor_id as "actorId", count from notifications
    where user_id = ${of.userId} and thread = ${of.thread} and event = ${of.event} and read_at is null
    order by notification_id for update`);
  let gone = false;
  for (const row of rows) {
    const after = change(row);
    if (after === row) continue;
    gone ||= after === undefined;
    await db.run(
      after
        ? sql`update notifications set params = ${JSON.stringify(after.params)}, actor_id = ${after.actorId}, count = ${after.count} where notification_id = ${row.notificationId}`
        : sql`delete from notifications where notification_id = ${row.notificationId}`,
    );
  }
  return gone;
}

/** What tells of messages among which is the one of this number: `firstSeq` to `seq`, in whatever order they came. */
export function counts(seq: number): Sql {
  const ends = sql`(params->>'firstSeq')::int, (params->>'seq')::int`;
  return sql`(${seq} between least(${ends}) and greatest(${ends}))`;
}

/** What tells people of a message tells of one less, or nothing. Whose unread ones that changed. */
export async function takeBack(
  db: Queries,
  of: { userIds: readonly string[]; thread: string; event: string; seq: number },
): Promise<string[]> {
  const unread = sql`user_id = any(${[...of.userIds]}::uuid[]) and thread = ${of.thread} and event = ${of.event} and read_at is null and ${counts(of.seq)}`;
  const less = await db.many<{ userId: string }>(
    sql`update notifications set count = count - 1 where ${unread} and count > 1 returning user_id as "userId"`,
  );
  const none = await db.many<{ userId: string }>(
    sql`delete from notifications where ${unread} and count = 1 and not user_id = any(${less.map((row) => row.userId)}::uuid[]) returning user_id as "userId"`,
  );
  return [...less, ...none].map((row) => row.userId);
}

/** Serialised with `isSettled` by the lock that the caller holds. */
export async function keepSettled(db: Queries, responseId: string, at: Date): Promise<void> {
  await db.run(
    sql`insert into settled_responses (response_id, at) values (${responseId}, ${at}) on conflict do nothing`,
  );
}

/** Whether it was withdrawn or decided on before it was told of. */
export async function isSettled(db: Queries, responseId: string): Promise<boolean> {
  return (await db.maybe(sql`select 1 from settled_responses where response_id = ${responseId}`)) !== undefined;
}

export async function keepDeleted(db: Queries, messageId: string, at: Date): Promise<void> {
  await db.run(sql`insert into deleted_messages (message_id, at) values (${messageId}, ${at}) on conflict do nothing`);
}

/** Keeps the greatest: readings may arrive in any order. */
export async function keepReadMark(
  db: Queries,
  userId: string,
  conversationId: string,
  { upTo, seq }: ReadUpTo,
): Promise<void> {
  await db.run(sql`
    insert into read_marks (user_id, conversation_id, up_to, seq) values (${userId}, ${conversationId}, ${upTo}, ${seq})
    on conflict (user_id, conversation_id) do update set up_to = excluded.up_to, seq = excluded.seq
    where read_marks.seq < excluded.seq`);
}

/**
 * Who of the people has read the message already, or will not find it any more. Serialised with `keepReadMark` and
 * `keepDeleted` by the lock that the caller holds.
 */
export async function readersOf(
  db: Queries,
  userIds: readonly string[],
  of: { conversationId: string; messageId: string; seq: number },
): Promise<ReadonlySet<string>> {
  const { conversationId, messageId, seq } = of;
  const rows = await db.many<{ userId: string }>(sql`
    select user_id as "userId" from read_marks
    where user_id = any(${[...userIds]}::uuid[]) and conversation_id = ${conversationId} and seq >= ${seq}
    union all
    select unnest(${[...userIds]}::uuid[]) from deleted_messages where message_id = ${messageId}`);
  return new Set(rows.map((row) => row.userId));
}

/** News about one thing are taken one after the other, whichever replica has them. */
export async function lockThread(db: Queries, thread: string): Promise<void> {
  await db.one(sql`select pg_advisory_xact_lock(hashtextextended(${thread}, 0))::text as locked`);
}
