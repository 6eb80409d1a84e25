import type { Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import { type OrderAction, processOf } from '#contracts/orders/process.ts';
import type { Actor, OrderStatus } from '#contracts/orders/process-types.ts';
import { join, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import { retime, timersOf } from './clocks.ts';
import type { OrdersContext } from './context.ts';
import { record } from './data/history.ts';
import { type Order, orderById } from './data/orders.ts';
import { type Decision, decide, type Facts } from './domain/process.ts';
import { type WhyCode, whyText } from './domain/words.ts';

/** What the process looks at. `acting`: what only a look at the acting person's rows tells. */
export function factsOf(
  order: Order,
  acting: { responded?: boolean; reviewed?: boolean; countered?: boolean } = {},
): Facts {
  return {
    funding: order.holdStatuses.includes('pending'),
    hourly: order.pricing === 'hourly',
    revisionsLeft: order.revisionsLimit - order.revisionsUsed,
    milestones: order.byMilestones,
    milestonesOpen: order.milestonesOpen,
    weeksOpen: order.weeksOpen,
    weeksPaid: order.weeksPaid,
    proposalBy: order.proposal?.by ?? null,
    proposalKind: order.proposal?.kind ?? null,
    responded: acting.responded ?? false,
    reviewed: acting.reviewed ?? false,
    countered: acting.countered ?? false,
  };
}

export function refuse(why: WhyCode, locale: Locale = 'ru'): Problem {
  const code = why === 'no_revisions_left' ? 'orders.no_revisions_left' : 'orders.not_now';
  return new Problem(code, { detail: whyText(why, locale) });
}

/** Where the decision leads; a refused one throws `orders.not_now` with the reason. */
export function allowed<S>(decision: Decision<S>, locale?: Locale): S | null {
  if (!decision.ok) throw refuse(decision.why, locale);
  return decision.to;
}

export interface Step {
  readonly action: OrderAction;
  readonly actor: Actor;
  readonly actorId: string | null;
  /** A person's words. */
  readonly reason?: string | null;
  /** Why the platform acted. */
  readonly reasonCode?: ReasonCode;
  readonly locale?: Locale;
  /** What else changes on the order: assignments of an UPDATE. */
  readonly set?: readonly Sql[];
  /** Fields before and after, for the history. */
  readonly changes?: unknown;
  /** Timers anew although the state stays. */
  readonly retime?: boolean;
}

/**
 * One step of a deal: asks the process, writes the order, its history and its event, sets and clears its timers. All in
 * the caller's transaction, with the order locked. Refused: `orders.not_now` with the reason.
 */
export async function move(tx: Tx, ctx: OrdersContext, order: Order, step: Step): Promise<Order> {
  const to = allowed(decide(order.process, step, order.status, factsOf(order)), step.locale) ?? order.status;
  const now = ctx.clock.now();
  const set = [sql`version = version + 1`, sql`status = ${to}`, ...(step.set ?? [])];
  tx.send(sql`update orders set ${join(set)} where order_id = ${order.orderId}`);
  const after = found(await orderById(tx, order.orderId));
  const { action, actor, actorId, reason, reasonCode, changes } = step;
  record(tx, {
    orderId: order.orderId,
    at: now,
    action,
    actor,
    actorId,
    from: order.status,
    to,
    reason: reason ?? null,
    reasonCode,
    changes,
  });
  if (to !== order.status) emitStatus(tx, after, order.status, step);
  if (to !== order.status || step.retime)
    await retime(tx, ctx, processOf(order.process).timers, {
      id: order.orderId,
      left: order.status,
      state: to,
      // Milestones have clocks of their own.
      moment: (name) => (after.byMilestones ? null : after[name]),
      settings: timersOf(after),
      payload: { orderId: order.orderId },
    });
  return after;
}

/** Exactly one event per change of status; its sequence is the order's version. */
export function emitStatus(
  tx: Tx,
  order: Order,
  from: OrderStatus | null,
  step: Pick<Step, 'actor' | 'actorId' | 'reason' | 'reasonCode'> & { action: string },
): void {
  const done = order.status === 'delivered' || order.status === 'completed';
  const { orderId, title, category, skills, clientId, freelancerId, dueAt, deadline, deliveredAt } = order;
  tx.emit(
    ordersEvents.statusChanged,
    orderId,
    {
      orderId,
      title,
      category,
      skills,
      clientId,
      freelancerId,
      from,
      to: order.status,
      actorId: step.actorId,
      actorKind: step.actor,
      process: order.process,
      action: step.action,
      reason: step.reason ?? null,
      reasonCode: step.reasonCode ?? null,
      price: order.price === null ? null : { amount: order.price.toString(), currency: order.currency },
      deadline: dueAt?.toISOString() ?? deadline?.toISOString() ?? null,
      // The client's time for review does not make the freelancer late.
      onTime: done && dueAt && deliveredAt ? deliveredAt <= dueAt : null,
    },
    order.version,
  );
}
