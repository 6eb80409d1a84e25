import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { id, money, text, timestamp } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { orderStatus } from './process.ts';
import { ACTORS } from './process-types.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const historyEntry = z.object({
  at: timestamp,
  actorId: id.nullable(),
  actorKind: z.enum(ACTORS),
  action: z.string(),
  from: orderStatus.nullable(),
  to: orderStatus.nullable(),
  reason: z.string().nullable(),
  /** What changed: the fields before and after. */
  changes: z.unknown().optional(),
});

const byOrder = z.object({ orderId: id });

export const ordersInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  getOrderContext: route({
    method: 'GET',
    path: '/internal/orders/{orderId}/context',
    summary: 'An order with its parties and history, for support',
    rows: ['I20'],
    access: internal,
    params: byOrder,
    reply: z.object({
      orderId: id,
      title: z.string(),
      status: orderStatus,
      category: z.string(),
      clientId: id,
      freelancerId: id.nullable(),
      price: money.nullable(),
      deadline: timestamp.nullable(),
      createdAt: timestamp,
      history: z.array(historyEntry),
    }),
  }),
  getPersonDeals: route({
    method: 'GET',
    path: '/internal/people/{userId}/deals',
    summary: 'How many deals a person has, by status and side',
    access: internal,
    params: z.object({ userId: id }),
    reply: z.object({
      asClient: z.array(z.object({ status: orderStatus, count: z.number().int() })),
      asFreelancer: z.array(z.object({ status: orderStatus, count: z.number().int() })),
    }),
  }),
  /** Moves the order to `disputed`; payments freezes the escrow. 409 when the state does not allow it. */
  openDispute: route({
    method: 'POST',
    path: '/internal/orders/{orderId}/dispute',
    summary: 'Open a dispute on an order',
    access: internal,
    idempotency: 'optional',
    params: byOrder,
    body: z.strictObject({ actorId: id, ticketId: id, reason: text(3, 4000) }),
    reply: z.object({ orderId: id, status: orderStatus }),
    status: 200,
  }),
  /** Ends a dispute. `freelancerAmount` is what leaves escrow to the freelancer (before commission); the rest goes back to the client. */
  ruleDispute: route({
    method: 'POST',
    path: '/internal/orders/{orderId}/ruling',
    summary: 'Rule on a disputed order',
    access: internal,
    idempotency: 'optional',
    params: byOrder,
    body: z.strictObject({
      actorId: id,
      ticketId: id,
      outcome: z.enum(['release', 'refund', 'split']),
      freelancerAmount: money,
      /** A person's words; absent where the platform decided or both sides agreed: then `reasonCode` says why. */
      reason: text(3, 4000).optional(),
      reasonCode: z.enum(['silence_loses', 'offers_met']).optional(),
    }),
    reply: z.object({ orderId: id, status: orderStatus }),
    status: 200,
  }),
  getReview: route({
    method: 'GET',
    path: '/internal/reviews/{reviewId}',
    summary: 'A review, for support',
    rows: ['S3'],
    access: internal,
    params: z.object({ reviewId: id }),
    reply: z.object({
      reviewId: id,
      orderId: id,
      authorId: id,
      targetId: id,
      rating: z.number().int(),
      text: z.string(),
      publishedAt: timestamp.nullable(),
      deletedAt: timestamp.nullable(),
      redactedAt: timestamp.nullable(),
      /** As the author wrote it, when parts were made unreadable. */
      original: z.string().nullable(),
      /** Who of staff took it down or redacted it. */
      moderatedBy: id.nullable(),
    }),
  }),
  deleteReview: route({
    method: 'POST',
    path: '/internal/reviews/{reviewId}/deletion',
    summary: 'Delete a review with a justification',
    rows: ['S3'],
    access: internal,
    idempotency: 'optional',
    params: z.object({ reviewId: id }),
    body: z.strictObject({ actorId: id, ground: z.string().max(100), justification: text(10, 4000) }),
    reply: z.object({ reviewId: id, authorId: id, targetId: id, deletedAt: timestamp }),
    status: 200,
  }),
  /** `parts` stand in the text; each is replaced by a mark, so that nobody puts words into the author's mouth. */
  redactReview: route({
    method: 'POST',
    path: '/internal/reviews/{reviewId}/redaction',
    summary: 'Make parts of a review unreadable, with a justification',
    rows: ['S3'],
    access: internal,
    idempotency: 'optional',
    params: z.object({ reviewId: id }),
    body: z.strictObject({
      actorId: id,
      ground: z.string().max(100),
      justification: text(10, 4000),
      parts: z.array(z.string().min(1).max(2000)).min(1).max(20),
    }),
    reply: z.object({ reviewId: id, authorId: id, targetId: id, text: z.string() }),
    status: 200,
  }),
  restoreReview: route({
    method: 'POST',
    path: '/internal/reviews/{reviewId}/restoration',
    summary: 'Show a deleted or redacted review again, as its author wrote it',
    rows: ['S3'],
    access: internal,
    idempotency: 'optional',
    params: z.object({ reviewId: id }),
    body: z.strictObject({ actorId: id, justification: text(10, 4000) }),
    reply: z.object({ reviewId: id, authorId: id, targetId: id, text: z.string() }),
    status: 200,
  }),
  /** A deal that a block froze goes on as it was; its clocks move by as long as it stood. */
  resumeDeal: route({
    method: 'POST',
    path: '/internal/orders/{orderId}/resumption',
    summary: 'A frozen deal goes on',
    access: internal,
    idempotency: 'optional',
    params: byOrder,
    body: z.strictObject({ actorId: id.nullable(), ticketId: id }),
    reply: z.object({ orderId: id, status: orderStatus }),
    status: 200,
  }),
  /** Total agreed price held in escrow by open deals, per currency: payments compares it with its escrow accounts (M8). */
  getOpenEscrow: route({
    method: 'GET',
    path: '/internal/open-escrow',
    summary: 'What open deals say escrow must hold',
    access: internal,
    reply: z.object({ totals: z.array(money), deals: z.number().int() }),
  }),
};
