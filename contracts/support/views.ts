import { z } from 'zod';
import { historyEntry, ordersInternal } from '../orders/internal.ts';
import { messengerInternal } from '../messenger/internal.ts';
import { paymentsInternal } from '../payments/internal.ts';
import { person } from '../users/internal.ts';
import { id, money, timestamp } from '../common/values.ts';
import { ticketStatus, ticketSummary } from './internal.ts';

/** What a user can open a ticket about. `appeal`: against the deletion of the user's own review. */
export const TICKET_KINDS = ['question', 'complaint', 'dispute', 'review', 'payment', 'appeal'] as const;
export const ticketKind = z.enum(TICKET_KINDS);

export const ticketPriority = ticketSummary.shape.priority;

/** A ready text of staff, in both languages. */
export const cannedReply = z.object({
  key: z.string(),
  title: z.string(),
  texts: z.object({ ru: z.string(), en: z.string() }),
  updatedAt: timestamp,
});

/**
 * How far a dispute is: the freeze of the deal asked for, done, refused; ruled on, but the ruling can be appealed;
 * appealed; over, the money has moved (or, `resumed`, the deal goes on).
 */
export const disputeState = z.enum(['opening', 'open', 'refused', 'decided', 'appealed', 'ruled', 'resumed']);

/** What holds for a dispute, said before anything happens: in words, and in numbers. */
export const disputeTerms = z.object({
  appealDays: z.number().int(),
  silenceDays: z.number().int(),
  feeBps: z.number().int(),
  /** The sum in question; null while it is not known. */
  claim: money.nullable(),
  /** What who opens the dispute pays; null: nothing. */
  fee: money.nullable(),
  /** In the language of the caller, a sentence each. */
  rules: z.array(z.string()),
});

/** Where a dispute stands, as both sides see it. */
export const disputeView = disputeTerms.extend({
  /** The side that opened it, or the side that is not blocked. */
  authorSide: z.enum(['client', 'freelancer']),
  feeState: z.enum(['none', 'held', 'returned', 'kept', 'divided']),
  /** Until when each side has to say something; null: it has. */
  authorAnswersBy: timestamp.nullable(),
  respondentAnswersBy: timestamp.nullable(),
  ruling: z
    .object({
      outcome: z.enum(['release', 'refund', 'split']),
      freelancerAmount: money,
      reason: z.string(),
      /** `silence`: the timer; `agreement`: both sides. */
      by: z.enum(['support', 'admin', 'silence', 'agreement']),
      at: timestamp,
      /** Null: final. */
      appealUntil: timestamp.nullable(),
      acceptedByAuthor: z.boolean(),
      acceptedByRespondent: z.boolean(),
      appeal: z.object({ by: z.enum(['author', 'respondent']), reason: z.string(), at: timestamp }).nullable(),
    })
    .nullable(),
});

export const ticketMessage = z.object({
  messageId: id,
  /** Null: erased. */
  authorId: id.nullable(),
  authorKind: z.enum(['user', 'support', 'system']),
  text: z.string(),
  /** Internal notes are shown to staff only. */
  internal: z.boolean(),
  sentAt: timestamp,
});

export const ticketAttachment = z.object({
  attachmentId: id,
  fileName: z.string(),
  contentType: z.string(),
  size: z.number().int(),
  authorKind: z.enum(['user', 'support']),
  addedAt: timestamp,
});

/** Sealed offers of the parties of a dispute: each sees the own one, and whether there is one from the other side. */
export const settlementView = z.object({
  own: money.nullable(),
  otherOffered: z.boolean(),
  offersLeft: z.number().int(),
  /** The offers met: this leaves escrow to the freelancer, the rest goes back to the client. */
  agreed: money.nullable(),
});

export const ticketStep = z.object({
  at: timestamp,
  actorKind: z.enum(['user', 'support', 'admin', 'system']),
  /** Null for the author of the ticket: staff is not named to users. */
  actorId: id.nullable(),
  action: z.string(),
  from: ticketStatus.nullable(),
  to: ticketStatus,
  /** Null where it is for staff only. */
  reason: z.string().nullable(),
});

/** A ticket as its author and staff see it. */
export const ticketView = ticketSummary.extend({
  category: z.string().nullable(),
  tags: z.array(z.string()),
  /** Name of the status in the language of the caller. */
  statusTitle: z.string(),
  /** While the ticket waits for the user its deadlines stand still. */
  paused: z.boolean(),
  overdue: z.boolean(),
  dispute: disputeState.nullable(),
  satisfaction: z.number().int().nullable(),
  firstAnsweredAt: timestamp.nullable(),
  resolvedAt: timestamp.nullable(),
});

/** A ticket with its newest 200 messages and its history, oldest first. */
export const ticketThread = ticketView.extend({
  messages: z.array(ticketMessage),
  attachments: z.array(ticketAttachment),
  history: z.array(ticketStep),
  disputeDetails: disputeView.nullable(),
  /** Related tickets, for staff. */
  links: z.array(z.object({ ticketId: id, number: z.number().int(), subject: z.string(), status: ticketStatus })),
  /** The ticket that this one was merged into. */
  mergedInto: id.nullable(),
});

/** A part of the context, or null and why it is missing. */
function part<T extends z.ZodType>(value: T) {
  return z.object({
    value: value.nullable(),
    missing: z.enum(['not_about_it', 'not_found', 'unavailable']).nullable(),
  });
}
export const ticketContext = z.object({
  ticketId: id,
  people: part(z.array(person)),
  order: part(ordersInternal.getOrderContext.reply.extend({ history: z.array(historyEntry) })),
  money: part(paymentsInternal.getOrderMoney.reply),
  conversation: part(messengerInternal.getHistory.reply),
  review: part(ordersInternal.getReview.reply),
  payment: part(paymentsInternal.getTransaction.reply),
  message: part(messengerInternal.getMessage.reply),
});
