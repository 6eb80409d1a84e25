/** What becomes of running deals when one of their parties is blocked, as the administration chose. */
import { ordersEvents } from '#contracts/orders/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { OrdersContext } from './context.ts';
import { milestonesOf } from './data/milestones.ts';
import { lockOrder, type Order, orderById } from './data/orders.ts';
import { lapseProposals } from './data/proposals.ts';
import { endDeal } from './endings.ts';
import { retimeMilestone, stopMilestoneClocks } from './milestone-step.ts';
import { move } from './step.ts';
import { resumeWeeks, stopWeekClocks } from './week-step.ts';

interface Frozen {
  readonly from: 'in_progress' | 'delivered';
  readonly at: string;
}

/** `freeze`: nothing moves until support decides or the block is lifted. `cancel`: all that is held goes back to the client. */
export async function endDealsOfBlocked(
  tx: Tx,
  ctx: OrdersContext,
  userId: string,
  deals: 'freeze' | 'cancel',
): Promise<void> {
  const rows = await tx.many<{ orderId: string }>(sql`
    select order_id as "orderId" from orders
    where (client_id = ${userId} or freelancer_id = ${userId}) and status in ('in_progress', 'delivered') order by order_id`);
  for (const { orderId } of rows) {
    const order = await lockOrder(tx, orderId);
    if (order?.status !== 'in_progress' && order?.status !== 'delivered') continue;
    if (deals === 'cancel') await cancel(tx, ctx, order, userId);
    else await freeze(tx, ctx, order, userId);
  }
}

function why(order: Order, userId: string) {
  return order.clientId === userId ? ('client_blocked' as const) : ('freelancer_blocked' as const);
}

async function cancel(tx: Tx, ctx: OrdersContext, order: Order, userId: string): Promise<void> {
  const reasonCode = why(order, userId);
  const step = { action: 'cancel_blocked', actor: 'system', actorId: null, reasonCode } as const;
  const after = await move(tx, ctx, order, { ...step, set: [sql`completed_at = ${ctx.clock.now()}`] });
  await endDeal(tx, ctx, after, { freelancerAmount: 0n, released: false, reason: reasonCode });
}

async function freeze(tx: Tx, ctx: OrdersContext, order: Order, userId: string): Promise<void> {
  const now = ctx.clock.now();
  const frozen: Frozen = { from: order.status as Frozen['from'], at: now.toISOString() };
  const step = { action: 'freeze', actor: 'system', actorId: null, reasonCode: why(order, userId) } as const;
  const after = await move(tx, ctx, order, { ...step, set: [sql`frozen = ${JSON.stringify(frozen)}::jsonb`] });
  await lapseProposals(tx, after, now);
  await stopMilestoneClocks(tx, after);
  await stopWeekClocks(tx, after);
  const { orderId, title, clientId, held, currency } = after;
  tx.emit(
    ordersEvents.dealFrozen,
    orderId,
    {
      orderId,
      title,
      clientId,
      freelancerId: found(after.freelancerId),
      blockedId: userId,
      held: { amount: held.toString(), currency },
    },
    after.version,
  );
}

/** The deal goes on as it was; whatever was counting counts on from where it stood. Undefined: it is not frozen. */
export async function resume(tx: Tx, ctx: OrdersContext, order: Order): Promise<Order | undefined> {
  const { orderId } = order;
  const { frozen } = await tx.one<{ frozen: Frozen | null }>(
    sql`select frozen from orders where order_id = ${orderId}`,
  );
  if (order.status !== 'disputed' || frozen === null) return undefined;
  const stood = `${Math.max(0, ctx.clock.nowMs() - Date.parse(frozen.at))} milliseconds`;
  const after = await move(tx, ctx, order, {
    action: frozen.from === 'delivered' ? 'resume_review' : 'resume_work',
    actor: 'system',
    actorId: null,
    reasonCode: 'block_lifted',
    set: [
      sql`frozen = null, due_at = due_at + ${stood}::interval, review_ends_at = review_ends_at + ${stood}::interval`,
    ],
  });
  await tx.run(sql`
    update milestones set due_at = due_at + ${stood}::interval, review_ends_at = review_ends_at + ${stood}::interval
    where order_id = ${orderId} and status in ('in_progress', 'delivered')`);
  for (const milestone of await milestonesOf(tx, orderId))
    if (milestone.status === 'in_progress' || milestone.status === 'delivered')
      await retimeMilestone(tx, ctx, after, milestone.status, milestone);
  await resumeWeeks(tx, ctx, after, ctx.clock.nowMs() - Date.parse(frozen.at));
  return found(await orderById(tx, after.orderId));
}
