/** What the acts of a dispute do in orders and payments. Each call can be repeated: the act's id or the ticket's is its key. */
import type { Money } from '#contracts/common/values.ts';
import { disputeFeeMemo } from '#contracts/payments/memos.ts';
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { SupportContext } from './context.ts';
import type { Act, TicketRow } from './data/tickets.ts';
import { type Decided, type DisputeCase, daysFrom, feeStateAfter } from './domain/disputes.ts';
import { type Finish, isRefusal } from './refusal.ts';
import { keepSilenceTimer } from './silence.ts';
import { say, SYSTEM, takeStep } from './step.ts';

type ActOf<K extends Act['kind']> = Act & { readonly kind: K };

/** The fee first, then the freeze: when orders refuses, the fee goes back and there is no dispute. */
export async function openDispute(ctx: SupportContext, ticket: TicketRow, act: ActOf<'open_dispute'>): Promise<Finish> {
  const { ticketId } = ticket;
  const orderId = ticket.orderId as string;
  if (act.fee) await setFeeAside(ctx, ticket, act.fee);
  await ctx.clients.orders
    .openDispute({
      params: { orderId },
      body: { actorId: act.actorId, ticketId, reason: act.reason },
      idempotencyKey: act.id,
    })
    .catch(async (error: unknown) => {
      // This ticket alone may dispute the order: if it is disputed, an earlier try was heard.
      if (!isRefusal(error) || (await statusOf(ctx, orderId)) !== 'disputed') throw error;
    });
  return async (tx, row) => {
    const now = ctx.clock.now();
    const of = row.case as DisputeCase;
    const { silenceDays } = of.terms;
    const begun: DisputeCase = {
      ...of,
      feeState: of.fee ? 'held' : 'none',
      respondentDue: silenceDays > 0 ? daysFrom(now, silenceDays) : null,
    };
    const set = { pending: null, dispute: 'open', case: begun } as const;
    const next = await takeStep(tx, row, { action: 'dispute_open', actor: SYSTEM, set, now });
    await keepSilenceTimer(tx, next);
    await sayRules(tx, next, begun, now);
  };
}

/** Both sides read the rules in the case itself, whoever of them opened it. */
export async function sayRules(tx: Tx, { ticketId }: TicketRow, of: DisputeCase, now: Date): Promise<void> {
  await say(tx, ticketId, { actor: SYSTEM, words: { key: 'rules', terms: of.terms, fee: of.fee }, now });
}

/** No dispute: what was taken for it goes back before the ticket says so. */
export async function refuseDispute(ctx: SupportContext, ticket: TicketRow, why: Problem): Promise<Finish> {
  const of = ticket.case as DisputeCase;
  const charged = of.fee !== null && why.code !== 'support.fee_not_covered';
  if (charged && of.fee) await settleFee(ctx, ticket, of.fee, of.fee);
  return async (tx, row) => {
    const feeState = charged ? ('returned' as const) : ('none' as const);
    const poor = why.code === 'support.fee_not_covered';
    await takeStep(tx, row, {
      action: 'dispute_refuse',
      actor: SYSTEM,
      ...(poor
        ? { words: { key: 'fee_missing', missing: why.detail ?? '' } as const }
        : { reason: why.detail ?? why.code }),
      set: { pending: null, dispute: 'refused', case: { ...of, feeState } },
      now: ctx.clock.now(),
    });
  };
}

/** A repeat finds what was set aside the first time. */
async function setFeeAside(ctx: SupportContext, ticket: TicketRow, fee: Money): Promise<{ reservationId: string }> {
  const { ticketId, number, authorId: userId, orderId } = ticket;
  const memo = disputeFeeMemo(number);
  return await ctx.clients.payments
    .reserveMoney({ body: { reference: `dispute-fee:${ticketId}`, userId, amount: fee, orderId, memo } })
    .catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      throw new Problem('support.fee_not_covered', { detail: error.detail ?? '', status: 409, cause: error });
    });
}

/** What was lost of the fee goes to the platform, the rest back; once, however often it is asked for. */
async function settleFee(ctx: SupportContext, ticket: TicketRow, fee: Money, returned: Money): Promise<void> {
  const { reservationId } = await setFeeAside(ctx, ticket, fee);
  const kept = BigInt(fee.amount) - BigInt(returned.amount);
  const { payments } = ctx.clients;
  if (kept <= 0n) await payments.voidReservation({ params: { reservationId } });
  else
    await payments.postReservation({
      params: { reservationId },
      body: { amount: { amount: kept.toString(), currency: fee.currency }, to: { account: 'dispute_fees' } },
    });
}

const ENDS = { release: 'completed', refund: 'cancelled', split: 'split' } as const;

/** The ruling (or agreement) moves the money, once; then the fee goes where it belongs. */
export async function rule(ctx: SupportContext, ticket: TicketRow, act: ActOf<'rule'>): Promise<Finish> {
  const orderId = ticket.orderId as string;
  const { actorId, outcome, freelancerAmount, reason, words } = act;
  // Orders has codes of its own for what no person gave a reason for.
  const why = words
    ? { reasonCode: words.key === 'silence' ? ('silence_loses' as const) : ('offers_met' as const) }
    : { reason };
  await ctx.clients.orders
    .ruleDispute({
      params: { orderId },
      body: { actorId, ticketId: ticket.ticketId, outcome, freelancerAmount, ...why },
      idempotencyKey: act.id,
    })
    .catch(async (error: unknown) => {
      if (!isRefusal(error) || (await statusOf(ctx, orderId)) !== ENDS[outcome]) throw error;
    });
  const { fee } = ticket.case as DisputeCase;
  if (act.feeReturned && fee) await settleFee(ctx, ticket, fee, act.feeReturned);
  return async (tx, row) => {
    const now = ctx.clock.now();
    const of = row.case as DisputeCase;
    const feeState = feeStateAfter(
      BigInt(of.feeState === 'held' ? (of.fee?.amount ?? '0') : '0'),
      BigInt(act.feeReturned?.amount ?? '0'),
    );
    const action = act.actorKind === 'user' ? 'settle' : row.dispute === 'appealed' ? 'rule_final' : 'execute';
    const ruling = action === 'execute' ? of.ruling && { ...of.ruling, appealUntil: null } : finalOf(of, act, now);
    const set = { pending: null, done: act, dispute: 'ruled', case: { ...of, feeState, ruling } } as const;
    const actor = action === 'execute' ? SYSTEM : { kind: act.actorKind, id: actorId };
    await takeStep(tx, row, { action, actor, reason, words, set, now });
    if (action !== 'execute')
      await say(tx, row.ticketId, { actor: action === 'settle' ? SYSTEM : actor, text: reason, words, now });
    await tx.unschedule(`silence:${row.ticketId}`);
    await tx.unschedule(`ruling:${row.ticketId}`);
  };
}

/** What nobody can appeal: an agreement, or the decision on an appeal. */
function finalOf(of: DisputeCase, act: ActOf<'rule'>, now: Date): Decided {
  const { outcome, freelancerAmount, reason, words, actorId } = act;
  const agreed = act.actorKind === 'user';
  return {
    outcome,
    freelancerAmount,
    reason,
    words,
    by: agreed ? 'agreement' : 'admin',
    byId: agreed ? null : actorId,
    at: now.toISOString(),
    appealUntil: null,
    accepted: [],
    appeal: of.ruling?.appeal ?? null,
  };
}

/** A deal frozen by a block goes on. */
export async function resumeDeal(ctx: SupportContext, ticket: TicketRow, act: ActOf<'resume_deal'>): Promise<Finish> {
  const orderId = ticket.orderId as string;
  await ctx.clients.orders
    .resumeDeal({ params: { orderId }, body: { actorId: null, ticketId: ticket.ticketId }, idempotencyKey: act.id })
    .catch(async (error: unknown) => {
      if (!isRefusal(error) || !['in_progress', 'delivered'].includes(await statusOf(ctx, orderId))) throw error;
    });
  return async (tx, row) => {
    const set = { pending: null, done: act, dispute: 'resumed' } as const;
    const next = await takeStep(tx, row, { action: 'resume', actor: SYSTEM, set, now: ctx.clock.now() });
    await tx.unschedule(`silence:${next.ticketId}`);
  };
}

async function statusOf(ctx: SupportContext, orderId: string): Promise<string> {
  return (await ctx.clients.orders.getOrderContext({ params: { orderId } })).status;
}
