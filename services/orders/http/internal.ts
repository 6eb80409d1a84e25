import type { Currency } from '#contracts/common/values.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { historyOf } from '../data/history.ts';
import { releaseHolds } from '../data/holds.ts';
import { lockOrder, orderById } from '../data/orders.ts';
import { lapseProposals } from '../data/proposals.ts';
import { endDeal } from '../endings.ts';
import { closeMilestones, stopMilestoneClocks } from '../milestone-step.ts';
import { move } from '../step.ts';
import { closeWeeks, stopWeekClocks } from '../week-step.ts';
import { requireParty } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

export const getOrderContext: H['getOrderContext'] = async (ctx, req) => {
  const order = found(await orderById(ctx.db, req.params.orderId));
  const { orderId, title, status, category, clientId, freelancerId, currency } = order;
  // Of a running deal what is at stake is what escrow holds: by milestones that is less than the whole price.
  const stake = order.held > 0n ? order.held : order.price;
  return {
    body: {
      orderId,
      title,
      status,
      category,
      clientId,
      freelancerId,
      price: stake === null ? null : { amount: stake.toString(), currency },
      deadline: order.dueAt?.toISOString() ?? null,
      createdAt: order.createdAt.toISOString(),
      history: await historyOf(ctx.db, orderId, req.locale),
    },
  };
};

export const openDispute: H['openDispute'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { actorId, reason } = req.body;
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), actorId);
    const after = await move(tx, ctx, order, { action: 'dispute', actor: side, actorId, reason });
    await lapseProposals(tx, after, ctx.clock.now());
    await stopMilestoneClocks(tx, after);
    await stopWeekClocks(tx, after);
    return { body: { orderId: after.orderId, status: after.status } };
  });

/** The ruling divides what is held. A second ruling finds no dispute (M4). */
export const ruleDispute: H['ruleDispute'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { actorId, outcome, reason, reasonCode, freelancerAmount } = req.body;
    const order = found(await lockOrder(tx, req.params.orderId));
    const part = outcome === 'release' ? order.held : outcome === 'refund' ? 0n : BigInt(freelancerAmount.amount);
    const why = reasonCode ? { reasonCode } : { reason };
    const step = { action: `rule_${outcome}`, actor: 'support', actorId, ...why } as const;
    const after = await move(tx, ctx, order, { ...step, set: [sql`completed_at = ${ctx.clock.now()}`] });
    if (outcome === 'split' && (part <= 0n || part >= order.held || freelancerAmount.currency !== order.currency)) {
      const detail = `a split lies between 0 and ${order.held} ${order.currency}`;
      throw new Problem('validation_failed', { errors: [{ pointer: '/body/freelancerAmount', detail }] });
    }
    if (outcome === 'release') {
      await closeMilestones(tx, ctx, after, true);
      await closeWeeks(tx, ctx, after, true);
      await releaseHolds(tx, after, { bonus: null, automatic: false });
    } else
      await endDeal(tx, ctx, after, {
        freelancerAmount: part,
        released: false,
        reason: reason ?? reasonCode ?? order.title,
      });
    return { body: { orderId: after.orderId, status: after.status } };
  });

/** M8: what payments must hold for the deals; asked for settlement counts until it is settled. */
export const getOpenEscrow: H['getOpenEscrow'] = async (ctx) => {
  const rows = await ctx.db.many<{ currency: Currency; total: bigint; deals: number }>(
    sql`select currency, sum(amount)::bigint as total, count(distinct order_id)::int as deals from holds where status in ('held', 'settling') group by currency order by currency`,
  );
  return {
    body: {
      totals: rows.map((row) => ({ amount: row.total.toString(), currency: row.currency })),
      deals: rows.reduce((sum, row) => sum + row.deals, 0),
    },
  };
};
