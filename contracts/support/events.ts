import { z } from 'zod';
import { event } from '../common/define.ts';
import { bilingual, id, timestamp } from '../common/values.ts';
import { ticketStatus } from './internal.ts';

export const supportEvents = {
  /** E10, E15. `notify`: the people who should hear of it. */
  ticketChanged: event({
    type: 'support.ticket.changed.v1',
    summary: 'A ticket was opened or changed its status',
    subject: 'ticketId',
    data: z.object({
      ticketId: id,
      number: z.number().int(),
      kind: z.string(),
      subject: z.string(),
      /** In each language, when the platform itself named it. */
      subjectIn: bilingual.nullish(),
      authorId: id,
      assigneeId: id.nullable(),
      orderId: id.nullable(),
      from: ticketStatus.nullable(),
      to: ticketStatus,
      action: z.string(),
      actorId: id.nullable(),
      notify: z.array(id),
      at: timestamp,
      /** Seconds from opening to the first answer, once; to resolution, once. */
      firstAnswerSeconds: z.number().int().nullable(),
      resolutionSeconds: z.number().int().nullable(),
      satisfaction: z.number().int().nullable(),
      /** Of a dispute: until when a side has to answer, or can appeal. */
      until: timestamp.nullish(),
    }),
  }),
  /** E11 */
  ticketEscalated: event({
    type: 'support.ticket.escalated.v1',
    summary: 'A ticket was escalated to the administration',
    subject: 'ticketId',
    data: z.object({
      ticketId: id,
      number: z.number().int(),
      kind: z.string(),
      subject: z.string(),
      /** In each language, when the platform itself named it. */
      subjectIn: bilingual.nullish(),
      authorId: id,
      orderId: id.nullable(),
      reviewId: id.nullable(),
      escalatedBy: id,
      reason: z.string(),
      at: timestamp,
    }),
  }),
  /** S3: the author of a review and its target hear with the justification of what support did to it. */
  reviewDeletionNoticed: event({
    type: 'support.review.deletion-noticed.v1',
    summary: 'A review was deleted, redacted or shown again; its author can appeal the first two',
    subject: 'reviewId',
    data: z.object({
      reviewId: id,
      authorId: id,
      targetId: id,
      ticketId: id,
      ground: z.string(),
      justification: z.string(),
      /** Absent: deleted. */
      what: z.enum(['deleted', 'redacted', 'restored']).optional(),
    }),
  }),
};
