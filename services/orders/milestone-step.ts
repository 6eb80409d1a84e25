import type { Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { type MilestoneAction, processOf } from '#contracts/orders/process.ts';
import type { Actor, MilestoneStatus } from '#contracts/orders/process-types.ts';
import { join, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import { clear, retime, timersOf } from './clocks.ts';
import type { OrdersContext } from './context.ts';
import { record } from './data/history.ts';
import { releaseHolds } from './data/holds.ts';
import { type Milestone, milestoneById, milestonesOf } from './data/milestones.ts';
import { type Order, orderById } from './data/orders.ts';
import { decideMilestone, type Facts } from './domain/process.ts';
import { allowed, factsOf, move, refuse } from './step.ts';

export interface MilestoneStep {
  readonly action: MilestoneAction;
  readonly actor: Actor;
  readonly actorId: string | null;
  readonly reason?: string | null;
  readonly locale?: Locale;
  readonly set?: readonly Sql[];
}

export function milestoneFacts(order: Order, milestone: Milestone): Facts {
  return { ...factsOf(order), revisionsLeft: order.revisionsLimit - milestone.revisionsUsed };
}

/** One step of a milestone: row, history of the order, event, timers; the order must be running and locked. */
export async function moveMilestone(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  milestone: Milestone,
  step: MilestoneStep,
): Promise<{ order: Order; milestone: Milestone }> {
  const closes = step.action === 'close' || step.action === 'close_released' || step.action === 'hold_refused';
  if (order.status !== 'in_progress' && !closes) throw refuse('not_running', step.locale);
  const decision = decideMilestone(order.process, step, milestone.status, milestoneFacts(order, milestone));
  const to = allowed(decision, step.locale) ?? milestone.status;
  const set = [sql`status = ${to}`, ...(step.set ?? [])];
  await tx.run(sql`update milestones set ${join(set)} where milestone_id = ${milestone.milestoneId}`);
  await tx.run(sql`update orders set version = version + 1 where order_id = ${order.orderId}`);
  const after = found(await orderById(tx, order.orderId));
  const changed = found(await milestoneById(tx, order.orderId, milestone.milestoneId));
  const changes = { milestone: milestone.position, title: milestone.title, before: milestone.status, after: to };
  record(tx, {
    orderId: order.orderId,
    at: ctx.clock.now(),
    actorId: step.actorId,
    actor: step.actor,
    action: `milestone_${step.action}`,
    from: order.status,
    to: order.status,
    reason: step.reason ?? null,
    changes,
  });
  tx.emit(
    ordersEvents.milestoneChanged,
    order.orderId,
    {
      orderId: order.orderId,
      milestoneId: milestone.milestoneId,
      title: order.title,
      milestoneTitle: milestone.title,
      clientId: order.clientId,
      freelancerId: found(order.freelancerId),
      from: milestone.status,
      to,
      amount: { amount: milestone.amount.toString(), currency: order.currency },
      actorId: step.actorId,
      actorKind: step.actor,
      process: order.process,
      action: step.action,
      reason: step.reason ?? null,
    },
    after.version,
  );
  await retimeMilestone(tx, ctx, order, milestone.status, changed);
  return { order: after, milestone: changed };
}

/** What silence does, and the reminders before. */
export async function retimeMilestone(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  left: MilestoneStatus,
  milestone: Milestone,
): Promise<void> {
  await retime(tx, ctx, processOf(order.process).milestoneTimers, {
    id: milestone.milestoneId,
    left,
    state: milestone.status,
    moment: (name) => milestone[name],
    settings: timersOf(order),
    payload: { orderId: order.orderId, milestoneId: milestone.milestoneId },
  });
}

/** A dispute stops the clocks of the milestones; the ruling ends them. */
export async function stopMilestoneClocks(tx: Tx, order: Order): Promise<void> {
  const { milestoneTimers } = processOf(order.process);
  for (const { status, milestoneId } of await milestonesOf(tx, order.orderId))
    await clear(tx, milestoneTimers[status] ?? [], milestoneId, timersOf(order));
}

/** The end of a milestone's work: its hold is released; with the last milestone the order is completed. */
export async function finishMilestone(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  milestone: Milestone,
  of: MilestoneStep & { bonus: { amount: string; currency: Order['currency'] } | null; automatic: boolean },
): Promise<Order> {
  const moved = await moveMilestone(tx, ctx, order, milestone, of);
  await releaseHolds(tx, moved.order, { bonus: of.bonus, automatic: of.automatic, milestoneId: milestone.milestoneId });
  if (moved.order.milestonesOpen > 0) return moved.order;
  const completed = await move(tx, ctx, moved.order, {
    action: 'complete_milestones',
    actor: 'system',
    actorId: null,
    reasonCode: 'all_milestones_done',
    set: [sql`completed_at = ${ctx.clock.now()}, delivered_at = ${moved.milestone.deliveredAt}`],
  });
  // Extras that were agreed beside the milestones go with the end of the deal.
  await releaseHolds(tx, completed, { bonus: null, automatic: of.automatic });
  return completed;
}

/** With the end of the deal its open milestones end too. `released`: what was funded counts as done. */
export async function closeMilestones(tx: Tx, ctx: OrdersContext, order: Order, released: boolean): Promise<void> {
  for (const milestone of await milestonesOf(tx, order.orderId)) {
    if (milestone.status === 'completed' || milestone.status === 'cancelled') continue;
    const funded = milestone.status === 'in_progress' || milestone.status === 'delivered';
    const action = released && funded ? 'close_released' : 'close';
    await moveMilestone(tx, ctx, order, milestone, { action, actor: 'system', actorId: null });
  }
}
