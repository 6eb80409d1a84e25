import type { OrderStatus } from '#contracts/orders/process-types.ts';
import { join, type Queries, raw, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

export interface ConversationRow {
  conversationId: string;
  orderId: string;
  clientId: string;
  freelancerId: string;
  title: string;
  status: OrderStatus | null;
  /** Whom the order's client chose; null: nobody yet. */
  chosenFreelancerId: string | null;
  lastSeq: number;
  lastRev: number;
  lastAt: Date;
  createdAt: Date;
  erased: boolean;
  /** Of the person who asks. */
  readSeq: number;
  unread: number;
}

const COLUMNS = raw(`c.conversation_id as "conversationId", c.order_id as "orderId", c.client_id as "clientId",
  c.freelancer_id as "freelancerId", s.title, s.status, s.freelancer_id as "chosenFreelancerId", c.last_seq as "lastSeq",
  c.last_rev as "lastRev", c.last_at as "lastAt", c.created_at as "createdAt", c.erased`);
const FROM = raw('conversations c join order_states s on s.order_id = c.order_id');
/** Others' texts after the read pointer that are still there. Counted up to 1000: nobody reads the exact number of more. */
const UNREAD = raw(`(select count(*)::int from (
  select 1 from messages m where m.conversation_id = c.conversation_id and m.seq > me.read_seq and m.kind = 'text'
    and m.sender_id <> me.user_id and m.deleted_at is null limit 1000) u)`);

/** The conversation as one participant sees it. Undefined: no such one, or he is none. */
export function conversationOf(
  db: Queries,
  userId: string,
  conversationId: string,
): Promise<ConversationRow | undefined> {
  return db.maybe<ConversationRow>(sql`
    select ${COLUMNS}, me.read_seq as "readSeq", ${UNREAD} as unread
    from ${FROM} join members me on me.conversation_id = c.conversation_id and me.user_id = ${userId}
    where c.conversation_id = ${conversationId}`);
}

export interface ListFilter {
  limit: number;
  orderId: string | undefined;
  unreadOnly: boolean;
  /** `last_at` as text and id of the last row seen. */
  after: { lastAt: string; conversationId: string } | undefined;
}

export type ListedConversation = ConversationRow & { cursorAt: string };

export function listConversationRows(db: Queries, userId: string, filter: ListFilter): Promise<ListedConversation[]> {
  const where: Sql[] = [sql`me.user_id = ${userId}`];
  if (filter.orderId !== undefined) where.push(sql`c.order_id = ${filter.orderId}`);
  if (filter.unreadOnly) where.push(sql`${UNREAD} > 0`);
  if (filter.after)
    where.push(
      sql`(c.last_at, c.conversation_id) < (${filter.after.lastAt}::timestamptz, ${filter.after.conversationId}::uuid)`,
    );
  return db.many<ListedConversation>(sql`
    select ${COLUMNS}, me.read_seq as "readSeq", ${UNREAD} as unread, c.last_at::text as "cursorAt"
    from ${FROM} join members me on me.conversation_id = c.conversation_id
    where ${join(where, ' and ')}
    order by c.last_at desc, c.conversation_id desc limit ${filter.limit}`);
}

export function unreadCounts(db: Queries, userId: string): Promise<{ conversations: number; messages: number }> {
  return db.one(sql`
    select count(*) filter (where unread > 0)::int as conversations, coalesce(sum(unread), 0)::int as messages
    from (select ${UNREAD} as unread from conversations c
      join members me on me.conversation_id = c.conversation_id and me.user_id = ${userId}) counts`);
}

export function readPointers(
  db: Queries,
  conversationIds: readonly string[],
): Promise<{ conversationId: string; userId: string; readSeq: number }[]> {
  return db.many(sql`
    select conversation_id as "conversationId", user_id as "userId", read_seq as "readSeq"
    from members where conversation_id = any(${[...conversationIds]}::uuid[])`);
}

/** Opens the conversation of a freelancer about an order, or finds it. `fresh`: it was opened now. */
export async function openConversation(
  tx: Tx,
  of: { orderId: string; clientId: string; freelancerId: string; now: Date },
): Promise<{ conversationId: string; fresh: boolean }> {
  const made = await tx.maybe<{ conversationId: string }>(sql`
    insert into conversations (conversation_id, order_id, client_id, freelancer_id, last_at, created_at)
    values (${newId()}, ${of.orderId}, ${of.clientId}, ${of.freelancerId}, ${of.now}, ${of.now})
    on conflict (order_id, freelancer_id) do nothing returning conversation_id as "conversationId"`);
  if (!made) {
    const row = await tx.one<{ conversationId: string }>(
      sql`select conversation_id as "conversationId" from conversations where order_id = ${of.orderId} and freelancer_id = ${of.freelancerId}`,
    );
    return { conversationId: row.conversationId, fresh: false };
  }
  await tx.run(sql`
    insert into members (conversation_id, user_id, kind)
    values (${made.conversationId}, ${of.clientId}, 'client'), (${made.conversationId}, ${of.freelancerId}, 'freelancer')
    on conflict do nothing`);
  return { conversationId: made.conversationId, fresh: true };
}

/** Keeps what an order's event says, unless a later one was here before. */
export async function keepOrderState(
  tx: Tx,
  order: {
    orderId: string;
    title: string;
    clientId: string;
    freelancerId?: string | null;
    status?: OrderStatus;
    sequence: bigint;
  },
): Promise<void> {
  await tx.run(sql`
    insert into order_states (order_id, title, client_id, freelancer_id, status, sequence)
    values (${order.orderId}, ${order.title}, ${order.clientId}, ${order.freelancerId ?? null}, ${order.status ?? null}, ${order.sequence})
    on conflict (order_id) do update set title = excluded.title, freelancer_id = excluded.freelancer_id,
      status = excluded.status, sequence = excluded.sequence
    where excluded.status is not null and order_states.sequence < excluded.sequence`);
}

export function conversationsOfOrder(
  db: Queries,
  orderId: string,
): Promise<{ conversationId: string; clientId: string; freelancerId: string }[]> {
  return db.many(sql`
    select conversation_id as "conversationId", client_id as "clientId", freelancer_id as "freelancerId"
    from conversations where order_id = ${orderId} order by conversation_id`);
}

/** Takes the next number and revision; from here on the transaction is the only writer of the conversation. */
export async function nextSeq(tx: Tx, conversationId: string, now: Date): Promise<{ seq: number; rev: number }> {
  return await tx.one(sql`
    update conversations set last_seq = last_seq + 1, last_rev = last_rev + 1, last_at = greatest(last_at, ${now})
    where conversation_id = ${conversationId} returning last_seq as seq, last_rev as rev`);
}

export async function nextRev(tx: Tx, conversationId: string): Promise<number> {
  const row = await tx.one<{ rev: number }>(
    sql`update conversations set last_rev = last_rev + 1 where conversation_id = ${conversationId} returning last_rev as rev`,
  );
  return row.rev;
}

/** Moves the read pointer forward; undefined when it stands there or further already. */
export async function advanceRead(
  tx: Tx,
  conversationId: string,
  userId: string,
  seq: number,
): Promise<{ readSeq: number } | undefined> {
  return await tx.maybe(sql`
    update members m set read_seq = least(${seq}, c.last_seq) from conversations c
    where m.conversation_id = ${conversationId} and m.user_id = ${userId} and c.conversation_id = m.conversation_id
      and least(${seq}, c.last_seq) > m.read_seq
    returning m.read_seq as "readSeq"`);
}

/** From here on the transaction is the only one that adds to the conversation. */
export async function lockConversation(tx: Tx, conversationId: string): Promise<void> {
  await tx.run(sql`select 1 from conversations where conversation_id = ${conversationId} for update`);
}
