import { z } from 'zod';
import { ordersEvents } from '#contracts/orders/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { releaseHolds } from '../data/holds.ts';
import { milestoneById } from '../data/milestones.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { lapseProposals } from '../data/proposals.ts';
import { weekById } from '../data/weeks.ts';
import { closePublished } from '../endings.ts';
import { revealReviews as reveal } from '../http/reviews.ts';
import { finishMilestone } from '../milestone-step.ts';
import { factsOf, move } from '../step.ts';

const HOUR = 3_600_000;
const byOrder = z.strictObject({ orderId: z.uuid() });
type ByOrder = z.infer<typeof byOrder>;
/**
 * A timer carries the moment that it was set for and acts if the order still has it. It doesn't look at the clock: the
 * database's decided when to run it, and a replica's own may be behind (F12).
 */
const timer = byOrder.extend({ moment: z.iso.datetime() });
type Timer = z.infer<typeof timer>;
const maybeMilestone = timer.extend({ milestoneId: z.uuid().optional() });
const isAt = (at: Date | null, moment: string) => at?.toISOString() === moment;
const SYSTEM = { actor: 'system', actorId: null } as const;

/** No answer of payments within the time: back to a draft; a charge that comes later is given back. */
export const placementTimedOut: Job<OrdersContext, Timer> = {
  payload: timer,
  async run(ctx, { orderId, moment }) {
    await ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      const now = ctx.clock.now();
      if (order?.status !== 'awaiting_payment' || !isAt(order.unpaidUntil, moment)) return;
      const refusal = JSON.stringify({ code: 'timed_out', missing: null, at: now.toISOString() });
      const set = [sql`placement_id = null, unpaid_until = null, refusal = ${refusal}`];
      await move(tx, ctx, order, { ...SYSTEM, action: 'placement_timed_out', reasonCode: 'timed_out', set });
    });
  },
};

export const expireOrder: Job<OrdersContext, Timer> = {
  payload: timer,
  async run(ctx, { orderId, moment }) {
    await ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (order?.status !== 'published' || !isAt(order.expiresAt, moment)) return;
      if (factsOf(order).funding) {
        // The price is being held just now: it either starts the deal, which clears the timer, or is refused.
        const later = new Date(ctx.clock.nowMs() + HOUR);
        await tx.schedule('expireOrder', { orderId, moment }, { at: later, key: `no-response:${orderId}` });
        return;
      }
      const step = { ...SYSTEM, action: 'expire', reasonCode: 'order_expired' } as const;
      await closePublished(tx, ctx, order, step, 'order_expired');
    });
  },
};

/** Silence accepts. */
export const completeBySilence: Job<OrdersContext, z.infer<typeof maybeMilestone>> = {
  payload: maybeMilestone,
  async run(ctx, { orderId, milestoneId, moment }) {
    const now = ctx.clock.now();
    await ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (!order) return;
      if (milestoneId !== undefined) {
        const milestone = await milestoneById(tx, orderId, milestoneId);
        if (order.status !== 'in_progress' || milestone?.status !== 'delivered') return;
        if (!isAt(milestone.reviewEndsAt, moment)) return;
        const step = { ...SYSTEM, action: 'complete_by_silence', bonus: null, automatic: true } as const;
        await finishMilestone(tx, ctx, order, milestone, step);
        return;
      }
      if (order.status !== 'delivered' || !isAt(order.reviewEndsAt, moment)) return;
      const step = { ...SYSTEM, action: 'complete_by_silence', reasonCode: 'silence_accepts' } as const;
      const after = await move(tx, ctx, order, { ...step, set: [sql`completed_at = ${now}`] });
      await releaseHolds(tx, after, { bonus: null, automatic: true });
      await lapseProposals(tx, after, now);
    });
  },
};

const reminder = maybeMilestone.extend({
  weekId: z.uuid().optional(),
  kind: z.enum(['delivery_due', 'delivery_late', 'review_due']),
});

/** The client has a submitted week to look at. */
async function remindOfWeek(
  tx: Tx,
  order: Order,
  freelancerId: string,
  of: { weekId: string; moment: string; kind: 'delivery_due' | 'delivery_late' | 'review_due' },
): Promise<void> {
  const { orderId, clientId, title, status } = order;
  const week = await weekById(tx, orderId, of.weekId);
  const running = status === 'in_progress' || status === 'delivered';
  if (!running || week?.status !== 'submitted' || !isAt(week.decidesAt, of.moment)) return;
  tx.emit(ordersEvents.deadlineNear, orderId, { orderId, title, clientId, freelancerId, kind: of.kind, at: of.moment });
}

export const remind: Job<OrdersContext, z.infer<typeof reminder>> = {
  payload: reminder,
  async run(ctx, { orderId, milestoneId, weekId, moment, kind }) {
    await ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (!order?.freelancerId) return;
      if (weekId !== undefined) return await remindOfWeek(tx, order, order.freelancerId, { weekId, moment, kind });
      const milestone = milestoneId === undefined ? undefined : await milestoneById(tx, orderId, milestoneId);
      if (milestoneId !== undefined && (order.status !== 'in_progress' || !milestone)) return;
      const of = milestone ?? order;
      const at = kind === 'review_due' ? of.reviewEndsAt : of.dueAt;
      if (of.status !== (kind === 'review_due' ? 'delivered' : 'in_progress') || !at || !isAt(at, moment)) return;
      const { clientId, freelancerId } = order;
      const title = milestone ? `${order.title}: ${milestone.title}` : order.title;
      const reminder = { orderId, title, clientId, freelancerId, kind, at: at.toISOString() };
      tx.emit(ordersEvents.deadlineNear, orderId, reminder);
    });
  },
};

export const revealReviews: Job<OrdersContext, ByOrder> = {
  payload: byOrder,
  run: (ctx, { orderId }) => ctx.db.tx((tx) => reveal(tx, { orderId }, ctx.clock.now())),
};
