import type { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import { arithmeticOf } from '#contracts/orders/terms.ts';
import type { milestoneView, orderSummary, orderView, party } from '#contracts/orders/views.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Principal } from '#kit/service/types.ts';
import { timersOf } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { invitationOf } from '../data/invitations.ts';
import { type Milestone, milestonesOf } from '../data/milestones.ts';
import { type Order, type OrderRow, orderById } from '../data/orders.ts';
import { proposalsOf } from '../data/proposals.ts';
import { LIVE } from '../data/responses.ts';
import { weeksOf } from '../data/weeks.ts';
import { type MilestoneAction, type OrderAction, processOf } from '#contracts/orders/process.ts';
import type { OrderStatus, Side } from '#contracts/orders/process-types.ts';
import { actionsFor } from '../domain/process.ts';
import { moneyEffect, NO_SUMS, type Sums } from '../domain/words.ts';
import { milestoneFacts } from '../milestone-step.ts';
import { factsOf } from '../step.ts';
import { actionsView } from './actions-view.ts';
import { weekDtos } from './week-views.ts';

export type People = ReadonlyMap<string, NonNullable<z.input<typeof party>>>;
/** For answers made inside a transaction, where no call belongs: names are null there. */
export const NOBODY: People = new Map();

/** Names and ratings beside orders, in one call (I14). They are decoration: without users the answer comes without them. */
export async function peopleOf(ctx: OrdersContext, ids: readonly (string | null | undefined)[]): Promise<People> {
  const wanted = [...new Set(ids.filter((id): id is string => typeof id === 'string'))].slice(0, 100);
  if (wanted.length === 0) return NOBODY;
  try {
    const { items } = await ctx.clients.users.getPeople({ query: { ids: wanted.join(',') }, timeoutMs: 1_500 });
    return new Map(items.map((person) => [person.userId, person]));
  } catch (error) {
    if (isProblem(error, 'unavailable') || isProblem(error, 'timeout')) return NOBODY;
    throw error;
  }
}

export function summaryView(order: OrderRow, people: People): z.input<typeof orderSummary> {
  const { orderId, title, category, tags, skills, styles, status, access, urgent, nda, pricing, weeklyHours } = order;
  return {
    orderId,
    title,
    category,
    tags,
    skills,
    styles,
    status,
    access,
    urgent,
    nda,
    pricing,
    weeklyHours,
    excerpt: nda ? '' : order.description.slice(0, 240),
    budget: { min: order.budgetMin.toString(), max: order.budgetMax.toString(), currency: order.currency },
    deadline: order.deadline?.toISOString() ?? null,
    publishedAt: order.publishedAt?.toISOString() ?? null,
    responses: order.responseCount,
    client: people.get(order.clientId) ?? null,
  };
}

/** Which side of the deal a person is on; undefined: none. */
export function sideOf(order: Pick<Order, 'clientId' | 'freelancerId'>, userId: string | undefined): Side | undefined {
  if (userId === undefined) return undefined;
  if (order.clientId === userId) return 'client';
  return order.freelancerId === userId ? 'freelancer' : undefined;
}

const PUBLIC_STATES: readonly Order['status'][] = [
  'published',
  'in_progress',
  'delivered',
  'disputed',
  'completed',
  'split',
];

/**
 * The order, if the caller may know of it: its parties, who responded or is invited, and everybody while it is or was on
 * the open market. Drafts and ended orders of others do not exist for him (Z2).
 */
export async function visibleOrder(db: Queries, orderId: string, user: Principal | undefined): Promise<Order> {
  const order = await orderById(db, orderId);
  if (!order) throw new Problem('not_found');
  if (sideOf(order, user?.userId) || (order.access === 'open' && PUBLIC_STATES.includes(order.status))) return order;
  const known =
    user &&
    order.publishedAt &&
    (await db.maybe(sql`
      select 1 from responses where order_id = ${orderId} and freelancer_id = ${user.userId}
      union all select 1 from invitations where order_id = ${orderId} and freelancer_id = ${user.userId} and withdrawn_at is null limit 1`));
  if (!known) throw new Problem('not_found');
  return order;
}

export function requireParty(order: Order | undefined, userId: string): { order: Order; side: Side } {
  const side = order && sideOf(order, userId);
  if (!order || !side) throw new Problem('not_found');
  return { order, side };
}

interface AttachmentRow {
  attachmentId: string;
  fileName: string;
  contentType: string;
  size: number;
  kind: 'order' | 'work';
  ownerId: string;
  deliveryId: string | null;
}

const money = (order: Order, amount: bigint | null) =>
  amount === null ? null : { amount: amount.toString(), currency: order.currency };

/** What the arithmetic of the actions names. Before the start it is not known. Commission is taken of each hold by itself. */
function sumsOf(order: Order, side: Side | undefined, parts: readonly string[]): Sums {
  const { currency, terms } = order;
  const each = terms ? parts.map((amount) => arithmeticOf({ amount, currency }, terms)) : [];
  const total = (of: 'commission' | 'toFreelancer') =>
    money(
      order,
      each.reduce((sum, one) => sum + BigInt(one[of].amount), 0n),
    );
  const agreed = order.proposal?.freelancerAmount;
  return {
    ...NO_SUMS,
    fee: side === 'client' ? money(order, order.placementFee) : null,
    held:
      parts.length === 0
        ? null
        : money(
            order,
            parts.reduce((sum, one) => sum + BigInt(one), 0n),
          ),
    commission: each.length === 0 ? null : total('commission'),
    toFreelancer: each.length === 0 ? null : total('toFreelancer'),
    unanswered: order.responseCount === 0,
    deposit: order.responseDeposit?.amount ?? null,
    silenceDays: order.responseDeposit?.silenceDays ?? 0,
    agreed: agreed ? { amount: agreed, currency } : null,
  };
}

function milestoneSums(order: Order, side: Side, milestone: Milestone): Sums {
  const sums = sumsOf(order, side, [milestone.amount.toString()]);
  if (!order.terms) return sums;
  const { clientPays, clientFee } = arithmeticOf(
    { amount: milestone.amount.toString(), currency: order.currency },
    order.terms,
  );
  return { ...sums, pays: clientPays, clientFee };
}

function milestoneDto(order: Order, milestone: Milestone, side: Side, locale: Locale): z.input<typeof milestoneView> {
  const { milestoneId, position, title, days, status } = milestone;
  const running = order.status === 'in_progress';
  const facts = milestoneFacts(order, milestone);
  const table = processOf(order.process).milestones;
  const actions = running ? actionsFor<typeof status, MilestoneAction>(table, status, side, facts) : [];
  return {
    milestoneId,
    position,
    title,
    days,
    status,
    amount: { amount: milestone.amount.toString(), currency: order.currency },
    dueAt: milestone.dueAt?.toISOString() ?? null,
    reviewEndsAt: milestone.reviewEndsAt?.toISOString() ?? null,
    revisions: { used: milestone.revisionsUsed, limit: order.revisionsLimit },
    actions: actionsView(actions, milestoneSums(order, side, milestone), locale),
  };
}

export interface Viewer {
  readonly user: Principal | undefined;
  readonly locale: Locale;
  readonly people: People;
}

/** An order as the viewer may see it: the public part for everybody, the deal for its parties. */
export async function detailView(db: Queries, order: Order, viewer: Viewer): Promise<z.input<typeof orderView>> {
  const { user, people, locale } = viewer;
  const side = sideOf(order, user?.userId);
  const hidden = !side && order.nda && !(await consented(db, order.orderId, user?.userId));
  const files = !order.hasFiles
    ? []
    : await db.many<AttachmentRow>(sql`
    select attachment_id as "attachmentId", file_name as "fileName", content_type as "contentType", size, kind, owner_id as "ownerId", delivery_id as "deliveryId" from attachments where order_id = ${order.orderId} and kind <> 'response' order by at limit 200`);
  return {
    ...summaryView(order, people),
    description: hidden ? '' : order.description,
    ndaRequired: hidden,
    invitation:
      user && !side && order.status === 'published' ? await invitationOf(db, order.orderId, user.userId) : null,
    // Besides the order's own: what the client added to the running deal, and one's own that no delivery names yet.
    attachments: files.filter(
      (file) =>
        (file.kind === 'order' && !hidden) ||
        (side && file.deliveryId === null && (file.ownerId === order.clientId || file.ownerId === user?.userId)),
    ),
    version: order.version,
    process: order.process,
    createdAt: order.createdAt.toISOString(),
    expiresAt: order.status === 'published' ? (order.expiresAt?.toISOString() ?? null) : null,
    responseDeposit: depositView(order, locale),
    ...(side ? await dealView(db, order, side, viewer, files) : NO_DEAL),
    actions: await nextActions(db, order, side, user, locale),
  };
}

/** What responding holds, in the words that the freelancer reads before he does. */
function depositView(order: Order, locale: Locale) {
  if (!order.responseDeposit) return null;
  const { amount, silenceDays } = order.responseDeposit;
  return { amount, silenceDays, rule: found(moneyEffect('deposit_held', sumsOf(order, undefined, []), locale)) };
}

/** How many weeks an order shows; there is a list of all. */
const SHOWN_WEEKS = 6;

const NO_DEAL = {
  freelancer: null,
  price: null,
  dueAt: null,
  funding: null,
  refusal: null,
  terms: null,
  revisions: null,
  reviewEndsAt: null,
  cancellationProposedBy: null,
  deliveries: null,
  held: null,
  milestones: null,
  proposals: null,
  timers: null,
  weeks: null,
} as const;

function fundingOf(order: Order): 'none' | 'pending' | 'held' | 'settled' {
  const has = (...statuses: string[]) => order.holdStatuses.some((status) => statuses.includes(status));
  if (has('pending')) return 'pending';
  if (has('held', 'settling')) return 'held';
  return has('settled') ? 'settled' : 'none';
}

/** What only the parties see. */
async function dealView(db: Queries, order: Order, side: Side, viewer: Viewer, files: readonly AttachmentRow[]) {
  const { people, locale } = viewer;
  const { deliveries, proposals, milestones } = await workOf(db, order);
  const cancellation = proposals.find((one) => one.status === 'open' && one.terms.kind === 'cancellation');
  const price = money(order, order.price);
  // Of an hourly deal the arithmetic is of a full week.
  const whole = price && money(order, BigInt(price.amount) * BigInt(order.weeklyHours ?? 1));
  const parts = whole && order.terms ? arithmeticOf(whole, order.terms) : null;
  const timers = timersOf(order);
  return {
    freelancer: order.freelancerId ? (people.get(order.freelancerId) ?? null) : null,
    price,
    dueAt: order.dueAt?.toISOString() ?? null,
    funding: fundingOf(order),
    refusal: side === 'client' ? order.refusal : null,
    terms: {
      placementFee: side === 'client' ? money(order, order.placementFee) : null,
      commissionBps: order.terms?.commissionBps ?? null,
      commissionMin: order.terms?.commissionMin ?? null,
      clientFeeBps: order.terms ? (order.terms.clientFeeBps ?? 0) : null,
      clientFeeMin: order.terms?.clientFeeMin ?? null,
      commission: parts?.commission ?? null,
      toFreelancer: parts?.toFreelancer ?? null,
      clientFee: parts?.clientFee ?? null,
      clientPays: parts?.clientPays ?? null,
    },
    timers: {
      reviewDays: timers.reviewDays,
      revealDays: timers.revealDays,
      deliveryReminderDays: timers.deliveryReminderDays,
      reviewReminderDays: timers.reviewReminderDays,
    },
    revisions: { used: order.revisionsUsed, limit: order.revisionsLimit },
    reviewEndsAt: order.reviewEndsAt?.toISOString() ?? null,
    cancellationProposedBy: cancellation ? (cancellation.by === 'client' ? order.clientId : order.freelancerId) : null,
    deliveries: deliveries.map((delivery) => ({
      ...delivery,
      at: delivery.at.toISOString(),
      attachments: files.filter((file) => file.deliveryId === delivery.deliveryId),
    })),
    held: money(order, order.held + order.heldFee),
    weeks:
      order.pricing === 'hourly'
        ? await weekDtos(db, order, await weeksOf(db, order.orderId, { limit: SHOWN_WEEKS }), side, locale)
        : null,
    milestones: milestones.map((one) => milestoneDto(order, one, side, locale)),
    proposals: proposals.map(({ orderId: _orderId, ...one }) => ({
      ...one,
      createdAt: one.createdAt.toISOString(),
      decidedAt: one.decidedAt?.toISOString() ?? null,
    })),
  };
}

interface Delivery {
  deliveryId: string;
  milestoneId: string | null;
  text: string;
  at: Date;
}

/** What there is once somebody works on it; before that nothing is asked for. */
async function workOf(db: Queries, order: Order) {
  if (order.freelancerId === null) return { deliveries: [], proposals: [], milestones: [] };
  const deliveries = await db.many<Delivery>(
    sql`select delivery_id as "deliveryId", milestone_id as "milestoneId", text, at from deliveries where order_id = ${order.orderId} order by at limit 100`,
  );
  const proposals = await proposalsOf(db, order.orderId);
  return { deliveries, proposals, milestones: await milestonesOf(db, order.orderId) };
}

/** What the viewer may do next; a freelancer beside the deal may respond. */
async function nextActions(
  db: Queries,
  order: Order,
  side: Side | undefined,
  user: Principal | undefined,
  locale: Locale,
) {
  const { transitions } = processOf(order.process);
  if (side) {
    const reviewed =
      order.freelancerId !== null &&
      (await db.maybe(
        sql`select 1 from reviews where order_id = ${order.orderId} and author_id = ${user?.userId ?? null}`,
      )) !== undefined;
    const facts = factsOf(order, { reviewed });
    const actions = actionsFor<OrderStatus, OrderAction>(transitions, order.status, side, facts);
    return actionsView(actions, sumsOf(order, side, order.heldParts), locale);
  }
  if (!user?.permissions.has('orders.respond') || order.status !== 'published') return [];
  const responded = await db.maybe(
    sql`select 1 from responses where order_id = ${order.orderId} and freelancer_id = ${user.userId} and status in ${LIVE}`,
  );
  const facts = factsOf(order, { responded: responded !== undefined });
  const all = actionsFor<OrderStatus, OrderAction>(transitions, order.status, 'freelancer', facts);
  const actions = all.filter((one) => one.name === 'respond');
  return actionsView(actions, sumsOf(order, side, []), locale);
}

export async function consented(db: Queries, orderId: string, userId: string | undefined): Promise<boolean> {
  if (userId === undefined) return false;
  const row = await db.maybe(sql`select 1 from nda_consents where order_id = ${orderId} and user_id = ${userId}`);
  return row !== undefined;
}
