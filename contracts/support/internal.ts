import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { id, isTimeZone, money, page, pageQuery, text, timestamp, wallClock } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const TICKET_STATUSES = [
  'new',
  'assigned',
  'waiting_for_user',
  'answered',
  'resolved',
  'closed',
  'escalated',
] as const;
export const ticketStatus = z.enum(TICKET_STATUSES);
/** On what grounds support deletes or redacts a review (S3). */
export const DELETION_GROUNDS = [
  'insult',
  'personal_data',
  'not_about_deal',
  'fraud',
  'spam',
  'unlawful',
  'other',
] as const;
export const deletionGround = z.enum(DELETION_GROUNDS);

export const ticketSummary = z.object({
  ticketId: id,
  number: z.number().int(),
  kind: z.enum(['question', 'complaint', 'dispute', 'review', 'payment', 'appeal']),
  subject: z.string(),
  status: ticketStatus,
  priority: z.enum(['low', 'normal', 'high', 'urgent']),
  authorId: id,
  assigneeId: id.nullable(),
  orderId: id.nullable(),
  reviewId: id.nullable(),
  /** Whom, which payment or which message it is about. */
  userId: id.nullable(),
  transactionId: id.nullable(),
  messageId: id.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
  answerDueAt: timestamp.nullable(),
  resolveDueAt: timestamp.nullable(),
  version: z.number().int(),
});

/** Pieces of a review's text, as they stand in it, that are to be made unreadable. */
export const redactedParts = z.array(z.string().min(1).max(2000)).min(1).max(20);

/** When a member of staff works, by the week; in hours of `timeZone`. */
export const weeklyShifts = z.strictObject({
  timeZone: z.string().max(64).refine(isTimeZone, 'no such time zone'),
  items: z
    .array(
      z
        .strictObject({ day: z.number().int().min(1).max(7), from: wallClock, to: wallClock })
        .refine((one) => one.from < one.to, { message: 'must be later than from', path: ['to'] }),
    )
    .max(28),
});

/** Whether somebody of support is at work, and how much he has on his desk. */
export const staffLoad = z.object({
  userId: id,
  present: z.boolean(),
  /** What he said himself: `online` or `away` until then; null: nothing, the shifts count. */
  said: z.object({ state: z.enum(['online', 'away']), until: timestamp }).nullable(),
  shifts: weeklyShifts,
  openTickets: z.number().int(),
});

export const supportInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  listTickets: route({
    method: 'GET',
    path: '/internal/tickets',
    summary: 'Tickets, for the administration',
    rows: ['I24'],
    access: internal,
    query: z.object({
      ...pageQuery,
      status: ticketStatus.optional(),
      assigneeId: id.optional(),
      authorId: id.optional(),
    }),
    reply: page(ticketSummary),
  }),
  getTicket: route({
    method: 'GET',
    path: '/internal/tickets/{ticketId}',
    summary: 'One ticket, for the administration',
    rows: ['I24'],
    access: internal,
    params: z.object({ ticketId: id }),
    reply: ticketSummary,
  }),
  getStaffLoad: route({
    method: 'GET',
    path: '/internal/staff-load',
    summary: 'Presence, shifts and open tickets of members of staff',
    rows: ['I24'],
    access: internal,
    query: z.object({
      ids: z
        .string()
        .max(16_000)
        .transform((s) => s.split(',').filter(Boolean))
        .pipe(z.array(id).max(400)),
    }),
    reply: z.object({ items: z.array(staffLoad) }),
  }),
  putShifts: route({
    method: 'PUT',
    path: '/internal/staff/{userId}/shifts',
    summary: 'Plan the shifts of a member of staff',
    rows: ['I24'],
    access: internal,
    params: z.object({ userId: id }),
    body: weeklyShifts,
    reply: staffLoad,
  }),
  assignTicket: route({
    method: 'POST',
    path: '/internal/tickets/{ticketId}/assignment',
    summary: 'Assign a ticket',
    rows: ['I24'],
    access: internal,
    params: z.object({ ticketId: id }),
    status: 200,
    body: z.strictObject({ actorId: id, assigneeId: id }),
    reply: ticketSummary,
  }),
  /**
   * The admin's decision on an escalated ticket, executed by support: `delete_review`, `redact_review` and
   * `restore_review` act on the review, `ruling` rules on the dispute (finally, when it is an appeal).
   */
  decideEscalation: route({
    method: 'POST',
    path: '/internal/tickets/{ticketId}/decision',
    summary: 'Decide an escalated ticket',
    rows: ['I24', 'D5'],
    access: internal,
    params: z.object({ ticketId: id }),
    status: 200,
    body: z.strictObject({
      actorId: id,
      decision: z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('delete_review'),
          ground: deletionGround,
          justification: text(10, 4000),
        }),
        z.strictObject({
          kind: z.literal('redact_review'),
          ground: deletionGround,
          justification: text(10, 4000),
          parts: redactedParts,
        }),
        z.strictObject({ kind: z.literal('restore_review'), justification: text(10, 4000) }),
        z.strictObject({
          kind: z.literal('ruling'),
          outcome: z.enum(['release', 'refund', 'split']),
          freelancerAmount: money,
          reason: text(3, 4000),
        }),
        z.strictObject({ kind: z.literal('answer'), text: text(3, 10_000) }),
        z.strictObject({ kind: z.literal('return'), reason: text(3, 4000) }),
      ]),
    }),
    reply: ticketSummary,
  }),
};
