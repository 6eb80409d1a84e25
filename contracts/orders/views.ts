import { z } from 'zod';
import { countryCode, currency, id, money, positiveMoney, slug, text, timestamp } from '../common/values.ts';
import {
  milestoneAction,
  milestoneStatus,
  orderAction,
  orderStatus,
  responseAction,
  responseStatus,
  weekAction,
  weekStatus,
} from './process.ts';

/** A party beside an order; null when users is away. */
export const party = z
  .object({
    userId: id,
    displayName: z.string(),
    slug: z.string(),
    avatarUrl: z.string().nullable(),
    country: countryCode.nullable(),
    rating: z.number().nullable(),
    reviewCount: z.number().int(),
  })
  .nullable();

export const budget = z
  .strictObject({ min: z.string().regex(/^(0|[1-9]\d{0,14})$/), max: z.string().regex(/^[1-9]\d{0,14}$/), currency })
  .refine((b) => BigInt(b.min) <= BigInt(b.max), { message: 'min is above max', path: ['min'] });

/** What a client writes of an order. */
export const orderFields = {
  title: text(5, 150),
  description: text(20, 20_000),
  category: slug,
  tags: z.array(text(1, 40)).max(15),
  skills: z.array(slug).max(20),
  styles: z.array(slug).max(15),
  budget,
  /** When the work is wanted. */
  deadline: timestamp.nullable(),
  /** `invited`: only who is invited finds it and may respond. */
  access: z.enum(['open', 'invited']),
  urgent: z.boolean(),
  /** Description and files are shown after consent to keep them secret. */
  nda: z.boolean(),
  /** `hourly`: the budget and the price of a response are of an hour; `weeklyHours` is the most that a week may cost. */
  pricing: z.enum(['fixed', 'hourly']),
  weeklyHours: z.number().int().min(1).max(80).nullable(),
};

export const attachmentView = z.object({
  attachmentId: id,
  fileName: z.string(),
  contentType: z.string(),
  size: z.number().int(),
});

export const orderSummary = z.object({
  orderId: id,
  title: z.string(),
  excerpt: z.string(),
  category: z.string(),
  tags: z.array(z.string()),
  skills: z.array(z.string()),
  styles: z.array(z.string()),
  budget: z.object({ min: z.string(), max: z.string(), currency }),
  deadline: timestamp.nullable(),
  status: orderStatus,
  access: z.enum(['open', 'invited']),
  urgent: z.boolean(),
  nda: z.boolean(),
  pricing: z.enum(['fixed', 'hourly']),
  weeklyHours: z.number().int().nullable(),
  publishedAt: timestamp.nullable(),
  responses: z.number().int(),
  client: party,
});

/** What the caller may do next; `why` not, and what it would do with money, in his language. */
function actions<T extends z.ZodType>(name: T) {
  return z.array(
    z.object({ name, allowed: z.boolean(), why: z.string().nullable(), moneyEffect: z.string().nullable() }),
  );
}

/** A part of the work with a price of its own, as planned. `days` from its start. */
export const milestonePlan = z.strictObject({
  title: text(3, 150),
  amount: z.string().regex(/^[1-9]\d{0,14}$/),
  days: z.number().int().min(1).max(365),
});

const deliveryView = z.object({
  deliveryId: id,
  milestoneId: id.nullable(),
  text: z.string(),
  at: timestamp,
  attachments: z.array(attachmentView),
});

export const milestoneView = z.object({
  milestoneId: id,
  position: z.number().int(),
  title: z.string(),
  amount: money,
  days: z.number().int(),
  status: milestoneStatus,
  dueAt: timestamp.nullable(),
  reviewEndsAt: timestamp.nullable(),
  revisions: z.object({ used: z.number().int(), limit: z.number().int() }),
  actions: actions(milestoneAction),
});

export const timeEntryView = z.object({
  entryId: id,
  weekId: id,
  /** Of the calendar in UTC. */
  day: z.iso.date(),
  minutes: z.number().int(),
  note: z.string(),
  /** Why the client does not accept it; null: he did not object. */
  objection: z.string().nullable(),
  createdAt: timestamp,
});

/** A week of an hourly deal: its rate and cap, what was worked, where its money is. */
export const weekView = z.object({
  weekId: id,
  number: z.number().int(),
  status: weekStatus,
  rate: money,
  weeklyHours: z.number().int(),
  startsAt: timestamp,
  /** Work of days before this moment belongs to the week. */
  endsAt: timestamp,
  /** Entries may be added and changed until then. */
  closesAt: timestamp,
  /** When silence decides: of a submitted week it approves, of a contested one it concedes, of a rest it ends the deal. */
  decidesAt: timestamp.nullable(),
  minutes: z.number().int(),
  /** What the minutes come to at the rate, down to the minor unit. Of an ended week: what is paid. */
  amount: money,
  /** What is held for the week: rate × cap, and the client's fee on top. */
  held: money,
  commission: money,
  toFreelancer: money,
  /** What goes back to the client of what is held. */
  toClient: money,
  entries: z.array(timeEntryView),
  actions: actions(weekAction),
});

/** What one side proposes and the other decides. */
export const proposal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deadline'), dueAt: timestamp }),
  /** More or other work; `extra` is held on top of the price, `dueAt` is the new date. */
  z.strictObject({
    kind: z.literal('scope'),
    text: text(10, 10_000),
    extra: positiveMoney.nullable().default(null),
    dueAt: timestamp.nullable().default(null),
  }),
  z.strictObject({ kind: z.literal('milestone'), milestone: milestonePlan }),
  /** Of an hourly deal: another rate and cap, from the next week that is not funded yet. */
  z.strictObject({
    kind: z.literal('rate'),
    rate: positiveMoney,
    weeklyHours: z.number().int().min(1).max(80),
  }),
  /** The end of the deal: what of the held money the freelancer keeps (before commission); the rest goes back. */
  z.strictObject({ kind: z.literal('cancellation'), freelancerAmount: money }),
]);

export const proposalView = z.object({
  proposalId: id,
  by: z.enum(['client', 'freelancer']),
  status: z.enum(['open', 'funding', 'agreed', 'refused', 'withdrawn', 'lapsed']),
  terms: proposal,
  reason: z.string(),
  createdAt: timestamp,
  decidedAt: timestamp.nullable(),
});

/** `answered`: responded, also after a refusal. Nobody is asked again who declined; who thinks better of it responds. */
export const INVITATION_STATES = ['sent', 'seen', 'answered', 'declined', 'withdrawn'] as const;
export const invitationState = z.enum(INVITATION_STATES);

/** The public part for everybody; the rest is null for who is not a party. */
export const orderView = orderSummary.extend({
  description: z.string(),
  attachments: z.array(attachmentView),
  version: z.number().int(),
  createdAt: timestamp,
  /** Version of the deal's process that this order keeps. */
  process: z.number().int(),
  /** True: the description is hidden until the caller consents to keep it secret. */
  ndaRequired: z.boolean(),
  /** The caller's own, of a published order. */
  invitation: z.object({ invitationId: id, state: invitationState, reason: z.string().nullable() }).nullable(),
  /** When a published order ends if nobody is chosen. */
  expiresAt: timestamp.nullable(),
  freelancer: party,
  price: money.nullable(),
  dueAt: timestamp.nullable(),
  /** `pending`: a response was accepted and its price is being held. */
  funding: z.enum(['none', 'pending', 'held', 'settled']).nullable(),
  /** Why the last publication or acceptance did not work. */
  refusal: z.object({ code: z.string(), missing: money.nullable(), at: timestamp }).nullable(),
  terms: z
    .object({
      placementFee: money.nullable(),
      commissionBps: z.number().int().nullable(),
      commissionMin: money.nullable(),
      clientFeeBps: z.number().int().nullable(),
      clientFeeMin: money.nullable(),
      /** The arithmetic of the price (of an hourly deal: of a full week): what the platform takes, what the freelancer gets, what the client pays. */
      commission: money.nullable(),
      toFreelancer: money.nullable(),
      clientFee: money.nullable(),
      clientPays: money.nullable(),
    })
    .nullable(),
  /** Days and hours of the deal, as they were in the settings when it was published. */
  timers: z
    .object({
      reviewDays: z.number().int(),
      revealDays: z.number().int(),
      deliveryReminderDays: z.array(z.number().int()),
      reviewReminderDays: z.array(z.number().int()),
    })
    .nullable(),
  /** What responding holds of the freelancer's money, and when it comes back; null: nothing. */
  responseDeposit: z.object({ amount: money, silenceDays: z.number().int(), rule: z.string() }).nullable(),
  revisions: z.object({ used: z.number().int(), limit: z.number().int() }).nullable(),
  reviewEndsAt: timestamp.nullable(),
  cancellationProposedBy: id.nullable(),
  deliveries: z.array(deliveryView).nullable(),
  /** What escrow holds for this order now. */
  held: money.nullable(),
  milestones: z.array(milestoneView).nullable(),
  proposals: z.array(proposalView).nullable(),
  /** Of an hourly deal the newest weeks, newest first; `listWeeks` has all. Null where the deal goes by a price. */
  weeks: z.array(weekView).nullable(),
  actions: actions(orderAction),
});

export const responseView = z.object({
  responseId: id,
  orderId: id,
  orderTitle: z.string(),
  freelancer: party,
  freelancerId: id,
  price: money,
  days: z.number().int(),
  letter: z.string(),
  milestones: z.array(milestonePlan),
  attachments: z.array(attachmentView),
  /** The client's own price and term, which the freelancer may accept. */
  counter: z.object({ price: money, days: z.number().int(), note: z.string().nullable(), at: timestamp }).nullable(),
  status: responseStatus,
  reason: z.string().nullable(),
  createdAt: timestamp,
  /** When the client opened it first, or decided on it; the freelancer sees it. */
  openedAt: timestamp.nullable(),
  /** How long it stands; null: as long as the order is published. */
  validUntil: timestamp.nullable(),
  /** What responding held, and what became of it. */
  deposit: z.object({ amount: money, status: z.enum(['held', 'spent', 'returned']) }).nullable(),
  /** The arithmetic of the price (of an hourly order: of a full week) at the terms in force; only where one response is read. */
  arithmetic: z
    .object({
      commission: money,
      toFreelancer: money,
      clientFee: money,
      clientPays: money,
      commissionBps: z.number().int(),
    })
    .nullable(),
  version: z.number().int(),
  actions: actions(responseAction),
});

export const reviewView = z.object({
  reviewId: id,
  orderId: id,
  orderTitle: z.string(),
  author: party,
  authorId: id,
  targetId: id,
  rating: z.number().int(),
  text: z.string(),
  answer: z.string().nullable(),
  publishedAt: timestamp.nullable(),
  deletedAt: timestamp.nullable(),
  /** Parts of the text were made unreadable by support. */
  redactedAt: timestamp.nullable(),
  justification: z.string().nullable(),
});

export const freelancerHit = z.object({
  userId: id,
  displayName: z.string(),
  slug: z.string(),
  headline: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  country: z.string().nullable(),
  skills: z.array(z.string()),
  styles: z.array(z.string()),
  hourlyRate: money.nullable(),
  availability: z.string(),
  rating: z.number().nullable(),
  reviewCount: z.number().int(),
});

/** An invitation as who is invited sees it. */
export const invitationView = z.object({
  invitationId: id,
  orderId: id,
  orderTitle: z.string(),
  status: orderStatus,
  state: invitationState,
  /** The own reason of a refusal. */
  reason: z.string().nullable(),
  at: timestamp,
  responded: z.boolean(),
});

/** The same as who sent it sees it. */
export const sentInvitation = z.object({
  invitationId: id,
  freelancer: party,
  freelancerId: id,
  state: invitationState,
  /** Why the freelancer declined. */
  reason: z.string().nullable(),
  at: timestamp,
  seenAt: timestamp.nullable(),
});
