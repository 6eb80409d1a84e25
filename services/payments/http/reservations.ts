import type { paymentsContract } from '#contracts/payments/index.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import { mayMoveMoney } from '../consumers/deals.ts';
import type { PaymentsContext } from '../context.ts';
import type { Posting } from '../ledger/post.ts';
import {
  endReservation,
  type KeptReservation,
  lockReservation,
  reservationById,
  reservationNamed,
  reserve,
} from '../ledger/reservations.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;

function view(row: KeptReservation) {
  const { reservationId, reference, userId, currency, orderId, status } = row;
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  return {
    reservationId,
    reference,
    userId,
    orderId,
    status,
    amount: money(row.amount),
    posted: money(row.posted),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    at: row.at.toISOString(),
  };
}

export const reserveMoney: H['reserveMoney'] = async (ctx, req) => {
  const { userId, amount, orderId, memo } = req.body;
  // A name of the caller's own: two services never meet in one.
  const reference = `${req.caller}:${req.body.reference}`;
  const expiresAt = req.body.expiresAt === null ? null : new Date(req.body.expiresAt);
  const allowed = await mayMoveMoney(ctx, userId);
  return req.tx(async (tx) => {
    const known = await reservationNamed(tx, reference);
    if (known) {
      const same =
        known.userId === userId &&
        known.amount.toString() === amount.amount &&
        known.currency === amount.currency &&
        known.orderId === orderId &&
        known.expiresAt?.getTime() === expiresAt?.getTime();
      if (!same) throw new Problem('payments.reference_reused', { detail: req.body.reference });
      return { body: ownView(known) };
    }
    if (!allowed) throw new Problem('payments.user_blocked');
    if (expiresAt !== null && expiresAt <= ctx.clock.now())
      throw new Problem('validation_failed', { errors: [{ pointer: '/body/expiresAt', detail: 'has passed' }] });
    const reservation = {
      ...{ reservationId: newId(), reference, userId, orderId, expiresAt },
      account: 'reserved',
      amount: BigInt(amount.amount),
      currency: amount.currency,
      at: ctx.clock.now(),
    } as const;
    const refused = await reserve(tx, { ...reservation, kind: 'reserve', memo });
    if (refused) throw new Problem('payments.not_enough_money', { detail: `${refused.missing} ${amount.currency}` });
    return { body: ownView({ ...reservation, status: 'held', posted: 0n }) };
  }, ctx.books.on(reference));
};

/** As its caller named it. */
const ownView = (row: KeptReservation) => ({ ...view(row), reference: row.reference.replace(/^\w+:/, '') });
/** Of another caller, or of a deal or a withdrawal, which end by their own rules: not there. */
const own = (row: KeptReservation | undefined, caller: string): KeptReservation =>
  found(row?.account === 'reserved' && row.reference.startsWith(`${caller}:`) ? row : undefined);

export const getReservation: H['getReservation'] = async (ctx, req) => ({
  body: ownView(own(await reservationById(ctx.db, req.params.reservationId), req.caller)),
});

export const postReservation: H['postReservation'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const row = own(await lockReservation(tx, req.params.reservationId), req.caller);
    const { to, memo } = req.body;
    const amount = req.body.amount === undefined ? row.amount : BigInt(req.body.amount.amount);
    if (req.body.amount && req.body.amount.currency !== row.currency)
      throw new Problem('payments.reserved_less', { detail: row.currency });
    if (row.status === 'posted' && row.posted === amount) return { body: ownView(row) };
    const { userId } = row;
    const target = to.account === 'available' ? to.userId : null;
    if (target === userId)
      throw new Problem('validation_failed', { errors: [{ pointer: '/body/to', detail: 'is whose money it is' }] });
    if (amount > row.amount) throw new Problem('payments.reserved_less', { detail: `${row.amount} ${row.currency}` });
    await end(ctx, tx, row, {
      status: 'posted',
      memo,
      to: [
        { account: to.account, userId: target, amount },
        { account: 'available', userId, amount: row.amount - amount },
      ],
    });
    return { body: ownView(found(await reservationById(tx, row.reservationId))) };
  }, ctx.books.on(req.params.reservationId));

export const voidReservation: H['voidReservation'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const row = own(await lockReservation(tx, req.params.reservationId), req.caller);
    // What its time ended went back as well.
    if (row.status === 'voided' || row.status === 'expired') return { body: ownView(row) };
    await end(ctx, tx, row, { status: 'voided', memo: null, to: backTo(row) });
    return { body: ownView(found(await reservationById(tx, row.reservationId))) };
  }, ctx.books.on(req.params.reservationId));

/** Gives back what nobody decided about in time. Earlier or later, and once more, it changes nothing. */
export async function expireReservation(ctx: PaymentsContext, reservationId: string): Promise<void> {
  await ctx.books.tx([reservationId], async (tx) => {
    const row = await lockReservation(tx, reservationId);
    if (row?.status !== 'held' || row.expiresAt === null || row.expiresAt > ctx.clock.now()) return;
    await end(ctx, tx, row, { status: 'expired', memo: null, to: backTo(row) });
  });
}

const backTo = ({ userId, amount }: KeptReservation): Posting[] => [{ account: 'available', userId, amount }];

async function end(
  ctx: PaymentsContext,
  tx: Tx,
  row: KeptReservation,
  of: { status: 'posted' | 'voided' | 'expired'; memo: string | null; to: readonly Posting[] },
): Promise<void> {
  const { reservationId, userId, orderId, currency } = row;
  const at = ctx.clock.now();
  // Past its time it is as good as ended, also when its job is late: it can only go back.
  const late = of.status !== 'expired' && row.expiresAt !== null && row.expiresAt <= at;
  if (row.status !== 'held' || late) throw new Problem('payments.reservation_ended', { detail: row.status });
  await endReservation(tx, row, {
    ...of,
    kind: of.status === 'posted' ? 'reserve_posted' : 'reserve_returned',
    reference: `end:${reservationId}`,
    actorId: null,
    at,
  });
  const ended = found(await reservationById(tx, reservationId));
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  tx.emit(paymentsEvents.reservationEnded, reservationId, {
    ...{ reservationId, userId, orderId, status: of.status },
    reference: ownView(row).reference,
    posted: money(ended.posted),
    returned: money(row.amount - ended.posted),
  });
}
