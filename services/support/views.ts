import type { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import type { ticketSummary } from '#contracts/support/internal.ts';
import type { disputeView, ticketMessage, ticketThread, ticketView } from '#contracts/support/views.ts';
import type { Queries } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Principal } from '#kit/service/types.ts';
import { listAttachments } from './data/attachments.ts';
import { type HistoryRow, listHistory, listMessages, type MessageRow } from './data/messages.ts';
import { linksOf } from './data/links.ts';
import type { TicketRow } from './data/tickets.ts';
import { isOverdue } from './domain/deadlines.ts';
import { rulesOf } from './domain/disputes.ts';
import { readable } from './domain/platform-words.ts';
import { STATUS_TITLES } from './domain/words.ts';

/** Who looks: one of the ticket's own people, or staff. */
export interface Viewer {
  readonly userId: string;
  readonly staff: boolean;
  readonly locale: Locale;
  readonly now: Date;
}

export function isOwn(ticket: TicketRow, userId: string): boolean {
  return ticket.authorId === userId || ticket.respondentId === userId;
}

/** Lets the ticket's own people and staff in; for anybody else there is no such ticket (Z2). A member of staff is a user in an own case. */
export function viewerOf(
  ticket: TicketRow | undefined,
  req: { user: Principal; locale: Locale },
  now: Date,
): { ticket: TicketRow; viewer: Viewer } {
  const row = found(ticket);
  const own = isOwn(row, req.user.userId);
  if (!own && !req.user.permissions.has('tickets.work')) throw new Problem('not_found');
  return { ticket: row, viewer: { userId: req.user.userId, staff: !own, locale: req.locale, now } };
}

/** Refuses staff that would work on an own case. */
export function requireNotOwn(ticket: TicketRow | undefined, userId: string): TicketRow {
  const row = found(ticket);
  if (isOwn(row, userId)) throw new Problem('support.own_ticket');
  return row;
}

export function summaryOf(ticket: TicketRow, locale: Locale): z.input<typeof ticketSummary> {
  return {
    ticketId: ticket.ticketId,
    number: ticket.number,
    kind: ticket.kind,
    subject: readable(ticket.subject, ticket.subjectWords, locale),
    status: ticket.status,
    priority: ticket.priority,
    authorId: ticket.authorId,
    assigneeId: ticket.assigneeId,
    orderId: ticket.orderId,
    reviewId: ticket.reviewId,
    userId: ticket.userId,
    transactionId: ticket.transactionId,
    messageId: ticket.messageId,
    createdAt: ticket.createdAt.toISOString(),
    updatedAt: ticket.updatedAt.toISOString(),
    answerDueAt: ticket.answerDueAt?.toISOString() ?? null,
    resolveDueAt: ticket.resolveDueAt.toISOString(),
    version: ticket.version,
  };
}

export function viewOf(ticket: TicketRow, viewer: Viewer): z.input<typeof ticketView> {
  return {
    ...summaryOf(ticket, viewer.locale),
    // Staff is not named to users.
    assigneeId: viewer.staff ? ticket.assigneeId : null,
    category: ticket.category,
    // Tags are words of staff among themselves.
    tags: viewer.staff ? [...ticket.tags] : [],
    statusTitle: STATUS_TITLES[ticket.status][viewer.locale],
    paused: ticket.pausedAt !== null,
    overdue: isOverdue(ticket, viewer.now),
    dispute: ticket.dispute,
    satisfaction: ticket.satisfaction,
    firstAnsweredAt: ticket.firstAnsweredAt?.toISOString() ?? null,
    resolvedAt: ticket.resolvedAt?.toISOString() ?? null,
  };
}

export function messageOf(row: MessageRow, viewer: Viewer): z.input<typeof ticketMessage> {
  return {
    messageId: row.messageId,
    authorId: viewer.staff || row.authorKind === 'user' ? row.authorId : null,
    authorKind: row.authorKind,
    text: readable(row.text, row.words, viewer.locale),
    internal: row.internal,
    sentAt: row.sentAt.toISOString(),
  };
}

/** Steps whose reason was written for the users to read. */
const OPEN_REASONS = [
  'reopen',
  'rule',
  'rule_final',
  'appeal',
  'settle',
  'dispute_refuse',
  'delete_review',
  'redact_review',
  'restore_review',
  'merge',
  'wait',
  'resolve',
  'close',
];
/** Steps that users are not told of. */
const STAFF_ONLY = ['note', 'triage', 'unassign', 'return'];

function stepOf(row: HistoryRow, viewer: Viewer) {
  const named = viewer.staff || row.actorKind === 'user';
  return {
    at: row.at.toISOString(),
    actorKind: row.actorKind,
    actorId: named ? row.actorId : null,
    action: row.action,
    from: row.from,
    to: row.to,
    reason: viewer.staff || OPEN_REASONS.includes(row.action) ? readable(row.reason, row.words, viewer.locale) : null,
  };
}

function disputeOf(ticket: TicketRow, viewer: Viewer): z.input<typeof disputeView> | null {
  const of = ticket.case;
  if (of === null) return null;
  const { ruling } = of;
  return {
    ...of.terms,
    claim: of.claim,
    fee: of.fee,
    rules: rulesOf(of.terms, of.fee, viewer.locale),
    authorSide: of.authorSide,
    feeState: of.feeState,
    authorAnswersBy: of.authorDue,
    respondentAnswersBy: of.respondentDue,
    ruling: ruling && {
      outcome: ruling.outcome,
      freelancerAmount: ruling.freelancerAmount,
      reason: readable(ruling.reason, ruling.words, viewer.locale),
      by: ruling.by,
      at: ruling.at,
      appealUntil: ruling.appealUntil,
      acceptedByAuthor: ruling.accepted.includes('author'),
      acceptedByRespondent: ruling.accepted.includes('respondent'),
      appeal: ruling.appeal,
    },
  };
}

export async function threadOf(
  db: Queries,
  ticket: TicketRow,
  viewer: Viewer,
): Promise<{ body: z.input<typeof ticketThread>; version: number }> {
  const messages = await listMessages(db, ticket.ticketId, { internal: viewer.staff, limit: 200 });
  const history = await listHistory(db, ticket.ticketId);
  const attachments = await listAttachments(db, ticket.ticketId);
  const links = viewer.staff ? await linksOf(db, ticket.ticketId, viewer.userId) : [];
  return {
    body: {
      ...viewOf(ticket, viewer),
      messages: messages.reverse().map((row) => messageOf(row, viewer)),
      attachments: attachments.map(({ addedAt, ...file }) => ({ ...file, addedAt: addedAt.toISOString() })),
      history: history
        .filter((row) => viewer.staff || !STAFF_ONLY.includes(row.action))
        .map((row) => stepOf(row, viewer)),
      disputeDetails: disputeOf(ticket, viewer),
      links: links.map(({ subjectWords, ...link }) => ({
        ...link,
        subject: readable(link.subject, subjectWords, viewer.locale),
      })),
      mergedInto: ticket.mergedInto,
    },
    version: ticket.version,
  };
}
