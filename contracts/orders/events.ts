import { z } from 'zod';
import { event } from '../common/define.ts';
import { id, money, slug, timestamp } from '../common/values.ts';
import {
  milestoneAction,
  milestoneStatus,
  orderAction,
  orderStatus,
  responseAction,
  weekAction,
  weekStatus,
} from './process.ts';
import { ACTORS } from './process-types.ts';
import { reasonCode } from './reasons.ts';
import { savedQuery } from './saved-search.ts';

/** The terms that a deal keeps from its start (payments' quote, stored by orders). */
export const dealTerms = z.object({
  /** Commission in basis points of the price, with the least sum taken. */
  commissionBps: z.number().int().min(0).max(10_000),
  commissionMin: money,
  /** What the client pays on top of the price, in the same way. */
  clientFeeBps: z.number().int().min(0).max(10_000).default(0),
  clientFeeMin: money.nullable().default(null),
  version: z.number().int(),
});
/** Terms as they are written down: of older deals without the client's fee. */
export type DealTerms = z.input<typeof dealTerms>;

const actorKind = z.enum(ACTORS);
/** The version of the process that the order is on; of older events the first. */
const process = z.number().int().default(1);

/** A person's words, or a key of `REASON_TITLES`. */
const why = z.string();

export const ordersEvents = {
  /** Asks payments to charge the placement fee (E6). Answered by `payments.placement.charged|refused`. */
  placementRequested: event({
    type: 'orders.placement.requested.v1',
    summary: 'A client publishes: the placement fee is to be charged',
    subject: 'orderId',
    data: z.object({ placementId: id, orderId: id, clientId: id, title: z.string(), fee: money }),
  }),
  /** The publication did not come to be or ended in a way that gives the fee back. */
  placementRefundRequested: event({
    type: 'orders.placement.refund-requested.v1',
    summary: 'A placement fee is to be given back',
    subject: 'orderId',
    data: z.object({ placementId: id, orderId: id, clientId: id, reason: why }),
  }),
  /** Asks payments to hold the agreed price. Answered by `payments.escrow.held|refused`. */
  escrowRequested: event({
    type: 'orders.escrow.requested.v1',
    summary: 'A response was accepted: the price is to be held',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      clientId: id,
      freelancerId: id,
      title: z.string(),
      category: slug,
      /** What the work costs; the client's fee, by the terms, is held on top. */
      price: money,
      terms: dealTerms,
    }),
  }),
  /** E7: the client accepted the work (or the review clock ran out). Payments releases the hold, takes the commission, pays the bonus. */
  completionConfirmed: event({
    type: 'orders.completion.confirmed.v1',
    summary: 'Completion confirmed: the freelancer is to be paid',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      clientId: id,
      freelancerId: id,
      bonus: money.nullable(),
      automatic: z.boolean(),
      /** Of the held price, before commission, when it is not the whole: the hours that were worked. The rest goes back. */
      freelancerAmount: money.nullish(),
    }),
  }),
  /** A deal ended otherwise: cancelled or ruled on. `freelancerAmount` leaves to the freelancer (before commission), the rest of the hold goes back to the client. */
  settlementRequested: event({
    type: 'orders.settlement.requested.v1',
    summary: 'A deal ended by cancellation or ruling: the hold is to be divided',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      clientId: id,
      freelancerId: id,
      freelancerAmount: money,
      outcome: z.enum(['refund', 'release', 'split']),
      reason: why,
    }),
  }),
  /** Every change of an order's status, one event each (E5, E13). */
  statusChanged: event({
    type: 'orders.order.status-changed.v1',
    summary: 'An order changed its status',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      title: z.string(),
      category: slug,
      /** What the order asks for. */
      skills: z.array(slug).optional(),
      clientId: id,
      freelancerId: id.nullable(),
      from: orderStatus.nullable(),
      to: orderStatus,
      actorId: id.nullable(),
      actorKind,
      process,
      action: z.string(),
      /** A person's words; null where the platform acted, then `reasonCode` says why. */
      reason: z.string().nullable(),
      reasonCode: reasonCode.nullish(),
      price: money.nullable(),
      deadline: timestamp.nullable(),
      /** In time for its deadline; only when `to` is delivered or completed. */
      onTime: z.boolean().nullable(),
    }),
  }),
  responseSubmitted: event({
    type: 'orders.response.submitted.v1',
    summary: 'A freelancer responded to an order',
    subject: 'responseId',
    data: z.object({
      responseId: id,
      orderId: id,
      title: z.string(),
      category: slug.optional(),
      clientId: id,
      freelancerId: id,
      price: money,
      process,
      first: z.boolean(),
    }),
  }),
  responseChanged: event({
    type: 'orders.response.changed.v1',
    summary: 'A response was edited, withdrawn, shortlisted, declined or expired',
    subject: 'responseId',
    data: z.object({
      responseId: id,
      orderId: id,
      title: z.string(),
      clientId: id,
      freelancerId: id,
      status: z.enum(['submitted', 'withdrawn', 'shortlisted', 'declined', 'expired', 'accepted']),
      /** As it is now. Absent in older events. */
      price: money.optional(),
      process,
      /** Of older events unknown. */
      action: responseAction.optional(),
      actorKind: actorKind.optional(),
      reason: z.string().nullable(),
      reasonCode: reasonCode.nullish(),
      /** The client proposed a price of his own. */
      counter: z.boolean().optional(),
    }),
  }),
  freelancerInvited: event({
    type: 'orders.invitation.sent.v1',
    summary: 'A client invited a freelancer to an order',
    subject: 'orderId',
    data: z.object({ invitationId: id, orderId: id, title: z.string(), clientId: id, freelancerId: id, process }),
  }),
  invitationChanged: event({
    type: 'orders.invitation.changed.v1',
    summary: 'An invitation was declined by who was invited, or taken back by the client',
    subject: 'orderId',
    data: z.object({
      invitationId: id,
      orderId: id,
      title: z.string(),
      clientId: id,
      freelancerId: id,
      state: z.enum(['declined', 'withdrawn']),
      /** Why it was declined. */
      reason: z.string().nullable(),
    }),
  }),
  freelancerChosen: event({
    type: 'orders.freelancer.chosen.v1',
    summary: 'A freelancer was chosen and the price is held',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      responseId: id,
      title: z.string(),
      clientId: id,
      freelancerId: id,
      /** Of an hourly deal: of an hour. */
      price: money,
      pricing: z.enum(['fixed', 'hourly']).default('fixed'),
      process,
      deadline: timestamp.nullable(),
    }),
  }),
  milestoneChanged: event({
    type: 'orders.milestone.changed.v1',
    summary: 'A milestone of a deal was funded, delivered, returned, completed or cancelled',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      milestoneId: id,
      title: z.string(),
      milestoneTitle: z.string(),
      clientId: id,
      freelancerId: id,
      from: milestoneStatus,
      to: milestoneStatus,
      amount: money,
      actorId: id.nullable(),
      actorKind,
      process,
      action: milestoneAction.optional(),
      reason: z.string().nullable(),
    }),
  }),
  /** A week of an hourly deal: funded, without money, submitted, contested, paid. */
  weekChanged: event({
    type: 'orders.week.changed.v1',
    summary: 'A week of an hourly deal changed its state',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      weekId: id,
      title: z.string(),
      category: slug,
      number: z.number().int(),
      clientId: id,
      freelancerId: id,
      from: weekStatus,
      to: weekStatus,
      action: weekAction,
      process,
      minutes: z.number().int(),
      /** What the minutes come to; once approved, what is paid (before commission). */
      amount: money,
      actorId: id.nullable(),
      actorKind,
      reason: z.string().nullable(),
    }),
  }),
  /** What was to be held is not: the acceptance, milestone or extra did not come to be. */
  holdRefused: event({
    type: 'orders.hold.refused.v1',
    summary: 'Money for a deal could not be held',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      title: z.string(),
      clientId: id,
      purpose: z.enum(['price', 'milestone', 'extra']),
      process,
      missing: money.nullable(),
    }),
  }),
  /** A change of the deal that needs the other side's consent: asked, agreed, refused. */
  proposalChanged: event({
    type: 'orders.proposal.changed.v1',
    summary: 'One side proposed a change of the deal, or the other decided on it',
    subject: 'orderId',
    data: z.object({
      proposalId: id,
      orderId: id,
      title: z.string(),
      kind: z.enum(['deadline', 'scope', 'milestone', 'rate', 'cancellation']),
      by: z.enum(['client', 'freelancer']),
      process,
      status: z.enum(['open', 'funding', 'agreed', 'refused', 'withdrawn', 'lapsed']),
      clientId: id,
      freelancerId: id,
      actorId: id.nullable(),
      /** The move that changed it; of older events, and of one that lapsed with the deal, none. */
      action: orderAction.nullish(),
    }),
  }),
  deadlineNear: event({
    type: 'orders.deadline.near.v1',
    summary: 'A reminder: delivery or review is due',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      title: z.string(),
      clientId: id,
      freelancerId: id,
      kind: z.enum(['delivery_due', 'delivery_late', 'review_due']),
      at: timestamp,
    }),
  }),
  reviewPublished: event({
    type: 'orders.review.published.v1',
    summary: 'A review became visible',
    subject: 'reviewId',
    data: z.object({
      reviewId: id,
      orderId: id,
      authorId: id,
      targetId: id,
      targetKind: z.enum(['freelancer', 'client']),
      rating: z.number().int().min(1).max(5),
    }),
  }),
  reviewRedacted: event({
    type: 'orders.review.redacted.v1',
    summary: 'Parts of a review were made unreadable by support, or it is shown again as it was',
    subject: 'reviewId',
    data: z.object({
      reviewId: id,
      orderId: id,
      authorId: id,
      targetId: id,
      what: z.enum(['redacted', 'restored']),
      rating: z.number().int(),
      published: z.boolean(),
      actorId: id,
      justification: z.string(),
    }),
  }),
  /** The platform froze a running deal because one of its parties was blocked; support has the case. */
  dealFrozen: event({
    type: 'orders.deal.frozen.v1',
    summary: 'A deal of a blocked user was frozen',
    subject: 'orderId',
    data: z.object({
      orderId: id,
      title: z.string(),
      clientId: id,
      freelancerId: id,
      blockedId: id,
      held: money,
    }),
  }),
  reviewDeleted: event({
    type: 'orders.review.deleted.v1',
    summary: 'A review was deleted by support',
    subject: 'reviewId',
    data: z.object({
      reviewId: id,
      orderId: id,
      authorId: id,
      targetId: id,
      rating: z.number().int(),
      actorId: id,
      justification: z.string(),
    }),
  }),
  /** New orders for people who saved a search: of one order at once, or those of a day or a week together. */
  savedSearchMatched: event({
    type: 'orders.saved-search.matched.v1',
    summary: 'Saved searches found new orders',
    subject: 'batchId',
    data: z.object({
      batchId: id,
      /** One entry a person and search; at most 50. */
      matches: z
        .array(
          z.object({
            userId: id,
            savedSearchId: id,
            name: z.string(),
            query: savedQuery,
            frequency: z.enum(['instant', 'daily', 'weekly']),
            /** All that were found; the first of them with what everybody may see. */
            total: z.number().int(),
            orders: z.array(z.object({ orderId: id, title: z.string() })).max(5),
          }),
        )
        .max(50),
    }),
  }),
};
