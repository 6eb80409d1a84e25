import type { Currency } from '#contracts/common/values.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import type { paymentsContract } from '#contracts/payments/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { settingAt } from '../data/settings.ts';
import { post } from '../ledger/round.ts';
import { cursorOf } from './cursors.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;

export const grantBonus: H['grantBonus'] = async (ctx, req) => {
  const { userId, amount, reason } = req.body;
  await ctx.clients.users.getIdentity({ params: { userId } });
  return req.tx(async (tx) => {
    const posted = await post(tx, {
      reference: `grant:${newId()}`,
      kind: 'platform_bonus',
      currency: amount.currency,
      orderId: null,
      actorId: req.user.userId,
      memo: reason,
      at: ctx.clock.now(),
      postings: [
        { account: 'bonus_fund', userId: null, amount: -BigInt(amount.amount) },
        { account: 'available', userId, amount: BigInt(amount.amount) },
      ],
    });
    if (!posted.ok) throw new Error('a bonus can not lack money');
    return { body: { transactionId: posted.transactionId } };
  }, ctx.books.on());
};

interface Adjustment {
  adjustmentId: string;
  userId: string;
  amount: bigint;
  currency: Currency;
  reason: string;
  requestedBy: string;
  approvedBy: string | null;
  status: 'posted' | 'waiting_for_approval';
}
const columns = sql`adjustment_id as "adjustmentId", user_id as "userId", amount, currency, reason, requested_by as "requestedBy", approved_by as "approvedBy", status`;
const view = (row: Adjustment) => ({ ...row, amount: { amount: row.amount.toString(), currency: row.currency } });

export const requestAdjustment: H['requestAdjustment'] = async (ctx, req) => {
  const { userId, amount, reason } = req.body;
  await ctx.clients.users.getIdentity({ params: { userId } });
  const value = BigInt(amount.amount);
  if (value === 0n)
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/body/amount/amount', detail: 'must not be zero' }],
    });
  return req.tx(async (tx) => {
    const limit = (await settingAt(tx, 'payments.adjustment-four-eyes-above', ctx.clock.now())).value;
    // M12: a sum in another currency than the limit's is never below it.
    const heavy = limit.currency !== amount.currency || (value < 0n ? -value : value) > BigInt(limit.amount);
    const adjustmentId = newId();
    const row: Adjustment = {
      adjustmentId,
      userId,
      amount: value,
      currency: amount.currency,
      reason,
      requestedBy: req.user.userId,
      approvedBy: null,
      status: heavy ? 'waiting_for_approval' : 'posted',
    };
    await tx.run(
      sql`insert into adjustments (adjustment_id, user_id, amount, currency, reason, requested_by, status) values (${adjustmentId}, ${userId}, ${value}, ${amount.currency}, ${reason}, ${row.requestedBy}, ${row.status})`,
    );
    if (heavy)
      tx.emit(paymentsEvents.adjustmentRequested, adjustmentId, {
        adjustmentId,
        userId,
        amount,
        reason,
        actorId: row.requestedBy,
      });
    else await postAdjustment(tx, ctx, row);
    return { body: view(row) };
  }, ctx.books.on());
};

async function postAdjustment(tx: Tx, ctx: PaymentsContext, row: Adjustment): Promise<void> {
  const posted = await post(tx, {
    reference: `adjustment:${row.adjustmentId}`,
    kind: 'adjustment',
    currency: row.currency,
    orderId: null,
    actorId: row.approvedBy ?? row.requestedBy,
    memo: row.reason,
    at: ctx.clock.now(),
    postings: [
      { account: 'adjustments', userId: null, amount: -row.amount },
      { account: 'available', userId: row.userId, amount: row.amount },
    ],
  });
  if (!posted.ok) throw new Problem('payments.not_enough_money', { detail: `${posted.missing} ${row.currency}` });
}

/** Ids are in the order of time. */
export const listAdjustments: H['listAdjustments'] = async (ctx, req) => {
  const { status, limit } = req.query;
  const before = cursorOf(req.query.cursor, 'id')?.[0];
  const rows = await ctx.db.many<Adjustment>(sql`
    select ${columns} from adjustments where (${status ?? null}::text is null or status = ${status ?? null}) and (${before ?? null}::uuid is null or adjustment_id < ${before ?? null}::uuid)
    order by adjustment_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.adjustmentId]);
  return { body: { items: page.items.map(view), nextCursor: page.nextCursor } };
};

export const approveAdjustment: H['approveAdjustment'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const row = found(
      await tx.maybe<Adjustment>(
        sql`select ${columns} from adjustments where adjustment_id = ${req.params.adjustmentId} for update`,
      ),
    );
    if (row.status === 'posted') throw new Problem('conflict', { detail: 'posted already' });
    if (row.requestedBy === req.user.userId) throw new Problem('payments.own_adjustment');
    const approved: Adjustment = { ...row, approvedBy: req.user.userId, status: 'posted' };
    await tx.run(
      sql`update adjustments set approved_by = ${req.user.userId}, status = 'posted' where adjustment_id = ${row.adjustmentId}`,
    );
    await postAdjustment(tx, ctx, approved);
    return { body: view(approved) };
  }, ctx.books.on(req.params.adjustmentId));
