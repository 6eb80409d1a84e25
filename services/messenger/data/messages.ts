import type { SystemStep } from '#contracts/messenger/views.ts';
import { join, type Queries, raw, type Sql, sql, type Tx } from '#kit/db/db.ts';

export interface MessageRow {
  messageId: string;
  conversationId: string;
  seq: number;
  rev: number;
  kind: 'text' | 'system';
  senderId: string | null;
  text: string;
  system: SystemStep | null;
  replyTo: string | null;
  sentAt: Date;
  editedAt: Date | null;
  deletedAt: Date | null;
}

const COLUMNS = raw(`m.message_id as "messageId", m.conversation_id as "conversationId", m.seq, m.rev, m.kind,
  m.sender_id as "senderId", m.text, m.system, m.reply_to as "replyTo", m.sent_at as "sentAt",
  m.edited_at as "editedAt", m.deleted_at as "deletedAt"`);

export function messageById(db: Queries, messageId: string): Promise<MessageRow | undefined> {
  return db.maybe<MessageRow>(sql`select ${COLUMNS} from messages m where m.message_id = ${messageId}`);
}

export function messagesById(db: Queries, messageIds: readonly string[]): Promise<MessageRow[]> {
  return db.many<MessageRow>(
    sql`select ${COLUMNS} from messages m where m.message_id = any(${[...messageIds]}::uuid[])`,
  );
}

/** Locks a message of a conversation for a change. */
export function lockMessage(tx: Tx, conversationId: string, messageId: string): Promise<MessageRow | undefined> {
  return tx.maybe<MessageRow>(
    sql`select ${COLUMNS} from messages m where m.message_id = ${messageId} and m.conversation_id = ${conversationId} for update`,
  );
}

/** Messages before or after a number, or the newest; ascending. */
export async function messagesAround(
  db: Queries,
  conversationId: string,
  range: { before?: number | undefined; after?: number | undefined; limit: number },
): Promise<MessageRow[]> {
  if (range.after !== undefined) {
    return await db.many<MessageRow>(sql`
      select ${COLUMNS} from messages m where m.conversation_id = ${conversationId} and m.seq > ${range.after}
        and m.seq < ${range.before ?? 2_147_483_647}
      order by m.seq limit ${range.limit}`);
  }
  const rows = await db.many<MessageRow>(sql`
    select ${COLUMNS} from messages m where m.conversation_id = ${conversationId} and m.seq < ${range.before ?? 2_147_483_647}
    order by m.seq desc limit ${range.limit}`);
  return rows.reverse();
}

export function messagesChangedAfter(
  db: Queries,
  conversationId: string,
  rev: number,
  limit: number,
): Promise<MessageRow[]> {
  return db.many<MessageRow>(sql`
    select ${COLUMNS} from messages m where m.conversation_id = ${conversationId} and m.rev > ${rev}
    order by m.rev limit ${limit}`);
}

/** The newest message of each conversation. */
export function lastMessages(db: Queries, conversationIds: readonly string[]): Promise<MessageRow[]> {
  return db.many<MessageRow>(sql`
    select ${COLUMNS} from conversations c join messages m on m.conversation_id = c.conversation_id and m.seq = c.last_seq
    where c.conversation_id = any(${[...conversationIds]}::uuid[])`);
}

/** False: a message with this id is here already. */
export async function insertMessage(tx: Tx, row: MessageRow): Promise<boolean> {
  const inserted = await tx.run(sql`
    insert into messages (message_id, conversation_id, seq, rev, kind, sender_id, text, system, reply_to, sent_at)
    values (${row.messageId}, ${row.conversationId}, ${row.seq}, ${row.rev}, ${row.kind}, ${row.senderId}, ${row.text},
      ${row.system === null ? null : JSON.stringify(row.system)}, ${row.replyTo}, ${row.sentAt})
    on conflict (message_id) do nothing`);
  return inserted === 1;
}

/** Texts of people, sent at one moment; the number of those whose ids were free. */
export async function insertMessages(tx: Tx, rows: readonly MessageRow[]): Promise<number> {
  const column = <K extends keyof MessageRow>(key: K) => rows.map((row) => row[key]);
  return await tx.run(sql`
    insert into messages (message_id, conversation_id, seq, rev, kind, sender_id, text, reply_to, sent_at)
    select u.message_id, u.conversation_id, u.seq, u.rev, 'text', u.sender_id, u.text, u.reply_to, ${rows[0]?.sentAt}
    from unnest(${column('messageId')}::uuid[], ${column('conversationId')}::uuid[], ${column('seq')}::int[],
      ${column('rev')}::int[], ${column('senderId')}::uuid[], ${column('text')}::text[], ${column('replyTo')}::uuid[])
      as u (message_id, conversation_id, seq, rev, sender_id, text, reply_to)
    on conflict (message_id) do nothing`);
}

/** Puts the present text among the originals. */
export async function keepOriginal(tx: Tx, message: MessageRow, now: Date): Promise<void> {
  await tx.run(sql`
    insert into originals (message_id, n, text, replaced_at)
    select ${message.messageId}, 1 + count(*), ${message.text}, ${now} from originals where message_id = ${message.messageId}`);
}

export async function replaceText(tx: Tx, messageId: string, text: string, rev: number, now: Date): Promise<void> {
  await tx.run(
    sql`update messages set text = ${text}, rev = ${rev}, edited_at = ${now} where message_id = ${messageId}`,
  );
}

export async function blankMessage(tx: Tx, messageId: string, rev: number, now: Date): Promise<void> {
  await tx.run(sql`update messages set text = '', rev = ${rev}, deleted_at = ${now} where message_id = ${messageId}`);
  await tx.run(sql`delete from reactions where message_id = ${messageId}`);
}

export async function setReaction(
  tx: Tx,
  of: { messageId: string; userId: string; emoji: string | null; rev: number },
): Promise<void> {
  if (of.emoji === null)
    await tx.run(sql`delete from reactions where message_id = ${of.messageId} and user_id = ${of.userId}`);
  else
    await tx.run(sql`
      insert into reactions (message_id, user_id, emoji) values (${of.messageId}, ${of.userId}, ${of.emoji})
      on conflict (message_id, user_id) do update set emoji = excluded.emoji`);
  await tx.run(sql`update messages set rev = ${of.rev} where message_id = ${of.messageId}`);
}

export function reactionsOf(
  db: Queries,
  messageIds: readonly string[],
): Promise<{ messageId: string; userId: string; emoji: string }[]> {
  return db.many(sql`
    select message_id as "messageId", user_id as "userId", emoji from reactions
    where message_id = any(${[...messageIds]}::uuid[]) order by message_id, user_id`);
}

export type SearchRow = MessageRow & { title: string; snippet: string };

/** Full text in both languages; newest first. */
export function searchRows(
  db: Queries,
  userId: string,
  search: {
    q: string;
    conversationId: string | undefined;
    before: { at: string; id: string } | undefined;
    limit: number;
  },
): Promise<(SearchRow & { cursorAt: string })[]> {
  const query = sql`(websearch_to_tsquery('russian', ${search.q}) || websearch_to_tsquery('english', ${search.q}))`;
  const where: Sql[] = [sql`m.search @@ ${query}`, sql`m.deleted_at is null`];
  if (search.conversationId !== undefined) where.push(sql`m.conversation_id = ${search.conversationId}`);
  if (search.before)
    where.push(sql`(m.sent_at, m.message_id) < (${search.before.at}::timestamptz, ${search.before.id}::uuid)`);
  return db.many(sql`
    select ${COLUMNS}, m.sent_at::text as "cursorAt", s.title,
      ts_headline('russian', m.text, ${query}, 'StartSel="", StopSel="", MaxWords=30, MinWords=10') as snippet
    from messages m
    join members me on me.conversation_id = m.conversation_id and me.user_id = ${userId}
    join conversations c on c.conversation_id = m.conversation_id
    join order_states s on s.order_id = c.order_id
    where ${join(where, ' and ')}
    order by m.sent_at desc, m.message_id desc limit ${search.limit}`);
}

/** For support: messages about an order in the order in which they were sent. */
export function historyRows(
  db: Queries,
  orderId: string,
  options: { participantId: string | undefined; after: { at: string; id: string } | undefined; limit: number },
): Promise<(MessageRow & { cursorAt: string })[]> {
  const where: Sql[] = [sql`c.order_id = ${orderId}`, sql`m.kind = 'text'`];
  if (options.participantId !== undefined) where.push(sql`${options.participantId} in (c.client_id, c.freelancer_id)`);
  if (options.after)
    where.push(sql`(m.sent_at, m.message_id) > (${options.after.at}::timestamptz, ${options.after.id}::uuid)`);
  return db.many(sql`
    select ${COLUMNS}, m.sent_at::text as "cursorAt"
    from conversations c join messages m on m.conversation_id = c.conversation_id
    where ${join(where, ' and ')} order by m.sent_at, m.message_id limit ${options.limit}`);
}

export function originalsOf(
  db: Queries,
  messageIds: readonly string[],
): Promise<{ messageId: string; text: string; replacedAt: Date }[]> {
  return db.many(sql`
    select message_id as "messageId", text, replaced_at as "replacedAt" from originals
    where message_id = any(${[...messageIds]}::uuid[]) order by message_id, n`);
}

export async function messageIdAt(db: Queries, conversationId: string, seq: number): Promise<string | undefined> {
  const row = await db.maybe<{ id: string }>(
    sql`select message_id as id from messages where conversation_id = ${conversationId} and seq = ${seq}`,
  );
  return row?.id;
}
