import type { Money } from '#contracts/common/values.ts';
import { empty, type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import type { Clocks } from '../domain/deadlines.ts';
import type { DisputeCase } from '../domain/disputes.ts';
import type { ActorKind, TicketStatus } from '../domain/life.ts';
import type { PlatformWords } from '../domain/platform-words.ts';
import type { Ruling } from '../domain/ruling.ts';
import type { Priority, TicketKind } from '../domain/words.ts';

/** An act in another service that a ticket has begun or done. */
export type Act = {
  /** Also the idempotency key of the call. */
  readonly id: string;
  readonly actorId: string;
  readonly actorKind: ActorKind;
} & (
  | { readonly kind: 'open_dispute'; readonly reason: string; readonly fee?: Money | null }
  | { readonly kind: 'resume_deal' }
  | (Ruling & {
      readonly kind: 'rule';
      /** What of the dispute's fee goes back with it. */
      readonly feeReturned?: Money | null;
    })
  | {
      readonly kind: 'redact_review';
      readonly ground: string;
      readonly justification: string;
      readonly parts: readonly string[];
    }
  | { readonly kind: 'restore_review'; readonly justification: string }
  | { readonly kind: 'delete_review'; readonly ground: string; readonly justification: string }
);

export interface TicketRow extends Clocks {
  readonly ticketId: string;
  readonly number: number;
  readonly kind: TicketKind;
  readonly category: string | null;
  readonly subject: string;
  /** What the platform calls it; then there is no subject. */
  readonly subjectWords: PlatformWords | null;
  readonly tags: readonly string[];
  readonly status: TicketStatus;
  readonly priority: Priority;
  readonly authorId: string;
  readonly respondentId: string | null;
  readonly assigneeId: string | null;
  readonly orderId: string | null;
  readonly reviewId: string | null;
  readonly userId: string | null;
  readonly transactionId: string | null;
  readonly messageId: string | null;
  readonly dispute: 'opening' | 'open' | 'refused' | 'decided' | 'appealed' | 'ruled' | 'resumed' | null;
  readonly case: DisputeCase | null;
  readonly silentDueAt: Date | null;
  readonly passedBy: readonly string[];
  readonly mergedInto: string | null;
  readonly pending: Act | null;
  readonly done: Act | null;
  readonly satisfaction: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly firstAnsweredAt: Date | null;
  readonly resolvedAt: Date | null;
  readonly version: number;
  readonly dueAt: Date;
}

const COLUMNS = sql`ticket_id as "ticketId", number, kind, category, subject, subject_words as "subjectWords", tags, status, priority, author_id as "authorId",
  respondent_id as "respondentId", assignee_id as "assigneeId", order_id as "orderId", review_id as "reviewId", user_id as "userId", transaction_id as "transactionId", message_id as "messageId",
  dispute, dispute_case as "case", silent_due_at as "silentDueAt", passed_by as "passedBy", merged_into as "mergedInto",
  pending, done, satisfaction, created_at as "createdAt", updated_at as "updatedAt", answer_due_at as "answerDueAt",
  resolve_due_at as "resolveDueAt", paused_at as "pausedAt", first_answered_at as "firstAnsweredAt",
  resolved_at as "resolvedAt", version, due_at as "dueAt"`;

export async function readTicketRow(db: Queries, ticketId: string): Promise<TicketRow | undefined> {
  return await db.maybe<TicketRow>(sql`select ${COLUMNS} from tickets where ticket_id = ${ticketId}`);
}

/** The ticket, held until the commit: steps of one ticket happen one after the other. */
export async function lockTicket(tx: Tx, ticketId: string): Promise<TicketRow | undefined> {
  return await tx.maybe<TicketRow>(sql`select ${COLUMNS} from tickets where ticket_id = ${ticketId} for update`);
}

export type NewTicket = Pick<
  TicketRow,
  | 'ticketId'
  | 'kind'
  | 'category'
  | 'subject'
  | 'subjectWords'
  | 'priority'
  | 'authorId'
  | 'respondentId'
  | 'orderId'
  | 'reviewId'
  | 'userId'
  | 'transactionId'
  | 'messageId'
  | 'dispute'
  | 'case'
  | 'pending'
  | 'createdAt'
  | keyof Clocks
>;

/** Writes a new ticket; undefined when the order has a live dispute already. */
export async function insertTicket(tx: Tx, ticket: NewTicket): Promise<TicketRow | undefined> {
  return await tx.maybe<TicketRow>(sql`
    insert into tickets (ticket_id, kind, category, subject, subject_words, status, priority, author_id, respondent_id, order_id, review_id,
      user_id, transaction_id, message_id, dispute, dispute_case, pending, created_at, updated_at, answer_due_at, resolve_due_at, version)
    values (${ticket.ticketId}, ${ticket.kind}, ${ticket.category}, ${ticket.subject}, ${json(ticket.subjectWords)}::jsonb, 'new', ${ticket.priority},
      ${ticket.authorId}, ${ticket.respondentId}, ${ticket.orderId}, ${ticket.reviewId},
      ${ticket.userId}, ${ticket.transactionId}, ${ticket.messageId}, ${ticket.dispute}, ${json(ticket.case)}::jsonb,
      ${json(ticket.pending)}::jsonb, ${ticket.createdAt}, ${ticket.createdAt}, ${ticket.answerDueAt},
      ${ticket.resolveDueAt}, 1)
    on conflict (order_id) where dispute in ('opening', 'open', 'decided', 'appealed') do nothing
    returning ${COLUMNS}`);
}

/** Writes what a step may change, at the next version. */
export async function updateTicket(tx: Tx, ticket: TicketRow): Promise<TicketRow> {
  return await tx.one<TicketRow>(sql`
    update tickets set status = ${ticket.status}, priority = ${ticket.priority}, category = ${ticket.category}, tags = ${ticket.tags}, assignee_id = ${ticket.assigneeId}, dispute = ${ticket.dispute}, dispute_case = ${json(ticket.case)}::jsonb,
      silent_due_at = ${ticket.silentDueAt}, passed_by = ${ticket.passedBy}::uuid[], merged_into = ${ticket.mergedInto},
      pending = ${json(ticket.pending)}::jsonb, done = ${json(ticket.done)}::jsonb, satisfaction = ${ticket.satisfaction},
      updated_at = ${ticket.updatedAt}, answer_due_at = ${ticket.answerDueAt}, resolve_due_at = ${ticket.resolveDueAt},
      paused_at = ${ticket.pausedAt}, first_answered_at = ${ticket.firstAnsweredAt}, resolved_at = ${ticket.resolvedAt},
      version = ${ticket.version + 1}
    where ticket_id = ${ticket.ticketId} returning ${COLUMNS}`);
}

/** A side of a dispute has said something: its time no longer runs. No step, the words are in the ticket. */
export async function setCase(tx: Tx, ticketId: string, of: DisputeCase): Promise<void> {
  await tx.run(sql`update tickets set dispute_case = ${json(of)}::jsonb where ticket_id = ${ticketId}`);
}

/** Notes what was begun or given up, without a step: nothing happened to the ticket yet. */
export async function setPending(tx: Tx, ticketId: string, pending: Act | null): Promise<void> {
  await tx.run(sql`update tickets set pending = ${json(pending)}::jsonb where ticket_id = ${ticketId}`);
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Tickets of a person, as author or as the other party of a dispute; newest first. */
export async function listTicketsOf(
  db: Queries,
  userId: string,
  filter: { status: TicketStatus | undefined; before: string | undefined; limit: number },
): Promise<TicketRow[]> {
  return await db.many<TicketRow>(sql`
    select ${COLUMNS} from tickets
    where (author_id = ${userId} or respondent_id = ${userId}) ${and(filter.status, (v) => sql`status = ${v}`)}
      ${and(filter.before, (v) => sql`ticket_id < ${v}::uuid`)}
    order by ticket_id desc limit ${filter.limit}`);
}

/** All tickets, newest first, for the administration. */
export async function listAllTickets(
  db: Queries,
  filter: {
    status: TicketStatus | undefined;
    assigneeId: string | undefined;
    authorId: string | undefined;
    before: string | undefined;
    limit: number;
  },
): Promise<TicketRow[]> {
  return await db.many<TicketRow>(sql`
    select ${COLUMNS} from tickets where true ${and(filter.status, (v) => sql`status = ${v}`)}
      ${and(filter.assigneeId, (v) => sql`assignee_id = ${v}`)} ${and(filter.authorId, (v) => sql`author_id = ${v}`)}
      ${and(filter.before, (v) => sql`ticket_id < ${v}::uuid`)}
    order by ticket_id desc limit ${filter.limit}`);
}

export interface QueueFilter {
  readonly status: TicketStatus | undefined;
  readonly kind: TicketKind | undefined;
  /** Null: tickets without an assignee. */
  readonly assigneeId: string | null | undefined;
  readonly overdue: boolean | undefined;
  /** Own cases are not shown to staff. */
  readonly notOf: string;
  readonly now: Date;
  readonly after: readonly [string, string] | undefined;
  readonly limit: number;
}

/** The queue of staff, the next deadline first. */
export async function listQueue(db: Queries, filter: QueueFilter): Promise<TicketRow[]> {
  return await db.many<TicketRow>(sql`
    select ${COLUMNS} from tickets
    where author_id <> ${filter.notOf} and respondent_id is distinct from ${filter.notOf}
      ${filter.status === undefined ? sql`and status not in ('resolved', 'closed')` : sql`and status = ${filter.status}`}
      ${and(filter.kind, (v) => sql`kind = ${v}`)}
      ${filter.assigneeId === null ? sql`and assignee_id is null` : and(filter.assigneeId, (v) => sql`assignee_id = ${v}`)}
      ${and(filter.overdue, (v) => (v ? sql`due_at < ${filter.now}` : sql`due_at >= ${filter.now}`))}
      ${and(filter.after, ([at, ticketId]) => sql`(due_at, ticket_id) > (${at}::timestamptz, ${ticketId}::uuid)`)}
    order by due_at, ticket_id limit ${filter.limit}`);
}

/** Ids of the tickets that a person has on the desk; those that are over stay with who ended them. */
export async function ticketsAssignedTo(db: Queries, userId: string): Promise<string[]> {
  const rows = await db.many<{ ticketId: string }>(
    sql`select ticket_id as "ticketId" from tickets where assignee_id = ${userId} and status not in ('resolved', 'closed') order by ticket_id`,
  );
  return rows.map((row) => row.ticketId);
}

function and<T>(value: T | undefined, condition: (value: T) => Sql): Sql {
  return value === undefined ? empty : sql`and ${condition(value)}`;
}

/** Tickets that nobody has, the most pressing first. */
export async function waitingTickets(db: Queries, limit: number): Promise<string[]> {
  const rows = await db.many<{ ticketId: string }>(sql`
    select ticket_id as "ticketId" from tickets where status = 'new' and assignee_id is null and pending is null
    order by array_position(array['urgent', 'high', 'normal', 'low'], priority), due_at, ticket_id limit ${limit}`);
  return rows.map((row) => row.ticketId);
}

/** Cases of deals that were frozen because this person was blocked, still open. */
export async function frozenTicketsOf(db: Queries, userId: string): Promise<string[]> {
  const rows = await db.many<{ ticketId: string }>(sql`
    select ticket_id as "ticketId" from tickets
    where respondent_id = ${userId} and kind = 'dispute' and category = 'frozen-by-block' and dispute = 'open' order by ticket_id`);
  return rows.map((row) => row.ticketId);
}
