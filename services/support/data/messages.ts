import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import type { ActorKind, TicketStatus } from '../domain/life.ts';
import type { PlatformWords } from '../domain/platform-words.ts';

export interface MessageRow {
  readonly messageId: string;
  readonly ticketId: string;
  readonly authorId: string | null;
  readonly authorKind: 'user' | 'support' | 'system';
  readonly text: string;
  /** What the platform says; then there is no text. */
  readonly words: PlatformWords | null;
  readonly internal: boolean;
  readonly sentAt: Date;
}

const COLUMNS = sql`message_id as "messageId", ticket_id as "ticketId", author_id as "authorId",
  author_kind as "authorKind", text, words, internal, sent_at as "sentAt"`;

export async function insertMessage(tx: Tx, message: MessageRow): Promise<void> {
  await tx.run(sql`
    insert into ticket_messages (message_id, ticket_id, author_id, author_kind, text, words, internal, sent_at)
    values (${message.messageId}, ${message.ticketId}, ${message.authorId}, ${message.authorKind}, ${message.text},
      ${json(message.words)}::jsonb, ${message.internal}, ${message.sentAt})`);
}

function json(words: PlatformWords | null): string | null {
  return words === null ? null : JSON.stringify(words);
}

/** Newest first. `internal` false leaves the notes of staff out. */
export async function listMessages(
  db: Queries,
  ticketId: string,
  options: { internal: boolean; before?: string | undefined; limit: number },
): Promise<MessageRow[]> {
  return await db.many<MessageRow>(sql`
    select ${COLUMNS} from ticket_messages
    where ticket_id = ${ticketId} and (${options.internal} or not internal)
      and message_id < ${options.before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'}::uuid
    order by message_id desc limit ${options.limit}`);
}

export async function countMessages(db: Queries, ticketId: string): Promise<number> {
  return (
    await db.one<{ n: number }>(sql`select count(*)::int as n from ticket_messages where ticket_id = ${ticketId}`)
  ).n;
}

export interface HistoryRow {
  readonly version: number;
  readonly at: Date;
  readonly actorKind: ActorKind;
  readonly actorId: string | null;
  readonly action: string;
  readonly from: TicketStatus | null;
  readonly to: TicketStatus;
  readonly reason: string | null;
  readonly words?: PlatformWords | null;
}

export async function appendHistory(tx: Tx, ticketId: string, row: HistoryRow): Promise<void> {
  await tx.run(sql`
    insert into ticket_history (ticket_id, version, at, actor_kind, actor_id, action, from_status, to_status, reason, words)
    values (${ticketId}, ${row.version}, ${row.at}, ${row.actorKind}, ${row.actorId}, ${row.action}, ${row.from},
      ${row.to}, ${row.reason}, ${json(row.words ?? null)}::jsonb)`);
}

/** The newest 500 steps, oldest first. */
export async function listHistory(db: Queries, ticketId: string): Promise<HistoryRow[]> {
  const rows = await db.many<HistoryRow>(sql`
    select version, at, actor_kind as "actorKind", actor_id as "actorId", action, from_status as "from", to_status as "to",
      reason, words
    from ticket_history where ticket_id = ${ticketId} order by version desc limit 500`);
  return rows.reverse();
}

/** Erasure: the person's own words go from tickets and messages; what staff wrote to him stays. */
export async function eraseWordsOf(tx: Tx, userId: string): Promise<void> {
  await tx.run(
    sql`update ticket_messages set text = '', author_id = null where author_id = ${userId} and author_kind = 'user'`,
  );
  await tx.run(sql`update tickets set subject = '—', category = null where author_id = ${userId}`);
  await tx.one(sql`/* writes */ select forget_person(${userId})::text as forgotten`);
}
