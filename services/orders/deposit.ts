import { processOf, type ResponseAction } from '#contracts/orders/process.ts';
import type { Money } from '#contracts/common/values.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { OrdersContext } from './context.ts';
import { record } from './data/history.ts';
import type { Order } from './data/orders.ts';
import { type ResponseRow, responseById } from './data/responses.ts';

const MINUTE = 60_000;

/** What a response asks payments to set aside. */
export interface DepositAsk {
  readonly responseId: string;
  readonly orderId: string;
  readonly userId: string;
  readonly amount: Money;
  readonly memo: string;
}

const orphanKey = (responseId: string) => `deposit-orphan:${responseId}`;

/** The same ask finds the same reservation. */
export function reserveDeposit(ctx: OrdersContext, of: DepositAsk) {
  const { responseId, orderId, userId, amount, memo } = of;
  return ctx.clients.payments.reserveMoney({
    body: { reference: `deposit:${responseId}`, orderId, userId, amount, memo, expiresAt: null },
  });
}

/**
 * Sets the deposit aside before the response is written; no call belongs in its transaction. A job that is set first gives
 * it back should the response never come to be.
 */
export async function askDeposit(ctx: OrdersContext, of: DepositAsk): Promise<string> {
  const at = new Date(ctx.clock.nowMs() + 5 * MINUTE);
  await ctx.db.tx((tx) => tx.schedule('dropOrphanDeposit', of, { at, key: orphanKey(of.responseId) }));
  try {
    return (await reserveDeposit(ctx, of)).reservationId;
  } catch (error) {
    if (isProblem(error, 'payments.not_enough_money'))
      throw new Problem('orders.no_money_for_deposit', { detail: error.detail });
    if (isProblem(error, 'payments.user_blocked')) throw new Problem('forbidden');
    throw error;
  }
}

/** The response did not come to be, as far as its asker knows: looked at now, not in five minutes. */
export async function dropDeposit(ctx: OrdersContext, of: DepositAsk): Promise<void> {
  await ctx.db.tx((tx) => tx.schedule('dropOrphanDeposit', of, { at: ctx.clock.now(), key: orphanKey(of.responseId) }));
}

/** The response is there: its deposit is no orphan. */
export function adoptDeposit(tx: Tx, responseId: string): Promise<void> {
  return tx.unschedule(orphanKey(responseId));
}

/** What a move of a response does to its deposit, as the process says. */
export async function endDeposit(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  response: ResponseRow,
  action: ResponseAction,
): Promise<ResponseRow> {
  const rule = processOf(order.process).responses.find((one) => one.action === action)?.deposit;
  if (!rule || response.depositStatus !== 'held') return response;
  const spent = rule === 'spent' || (rule === 'spent_if_opened' && response.openedAt !== null);
  return await takeDeposit(tx, ctx, order, response, spent ? 'spent' : 'returned');
}

/** Takes a deposit for its end, once: the order's lock and the status see to it. Payments moves the money in a job. */
export async function takeDeposit(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  response: ResponseRow,
  to: 'spent' | 'returned',
): Promise<ResponseRow> {
  const { responseId, depositId, freelancerId, deposit } = response;
  await tx.run(
    sql`update responses set deposit_status = ${to}, deposit_until = null where response_id = ${responseId} and deposit_status = 'held'`,
  );
  await tx.unschedule(`deposit-silence:${responseId}`);
  await tx.schedule('settleDeposit', { depositId, to }, { key: `deposit:${depositId}`, maxAttempts: 40 });
  record(tx, {
    orderId: order.orderId,
    at: ctx.clock.now(),
    action: `deposit_${to}`,
    actor: 'system',
    actorId: null,
    from: order.status,
    to: order.status,
    changes: { responseId, before: 'held', after: to, amount: deposit?.toString() },
    about: freelancerId,
  });
  return found(await responseById(tx, responseId));
}
