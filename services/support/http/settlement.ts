/** Sealed offers of both parties of a dispute: where they meet, the deal ends at the midpoint without a ruling by staff. */
import type { Money } from '#contracts/common/values.ts';
import type { Queries } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import { begin, finishAct } from '../acts.ts';
import type { SupportHandlers } from '../context.ts';
import { listOffers, putOffer } from '../data/offers.ts';
import { type Act, lockTicket, readTicketRow, type TicketRow } from '../data/tickets.ts';
import { meetingPoint, outcomeOf } from '../domain/ruling.ts';
import { caseOf, feeOwed } from '../rulings.ts';
import { hasSpoken } from '../silence.ts';
import { isOwn } from '../views.ts';
import { requirePossible } from './staff-acts.ts';

const MAX_OFFERS = 3;

/** A dispute for one of its parties; for anybody else, staff too, there is none: the offers are sealed. */
function disputeOf(ticket: TicketRow | undefined, userId: string): TicketRow {
  const row = found(ticket);
  if (!isOwn(row, userId)) throw new Problem('not_found');
  if (row.kind !== 'dispute') throw new Problem('support.not_dispute');
  return row;
}

async function settlementOf(db: Queries, ticket: TicketRow, userId: string) {
  const offers = await listOffers(db, ticket.ticketId);
  const own = offers.find((offer) => offer.userId === userId);
  const act = ticket.done ?? ticket.pending;
  return {
    own: own ? ({ amount: own.amount.toString(), currency: own.currency } as Money) : null,
    otherOffered: offers.some((offer) => offer.userId !== userId),
    offersLeft: ticket.dispute === 'open' ? MAX_OFFERS - (own?.times ?? 0) : 0,
    agreed: act?.kind === 'rule' && act.actorKind === 'user' ? act.freelancerAmount : null,
  };
}

export const getSettlement: SupportHandlers['getSettlement'] = async (ctx, req) => {
  const ticket = disputeOf(await readTicketRow(ctx.db, req.params.ticketId), req.user.userId);
  return { body: await settlementOf(ctx.db, ticket, req.user.userId) };
};

export const offerSettlement: SupportHandlers['offerSettlement'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { userId } = req.user;
  const { freelancerAmount: offered } = req.body;
  const orderId = disputeOf(await readTicketRow(ctx.db, ticketId), userId).orderId as string;
  const { clientId, price } = await ctx.clients.orders.getOrderContext({ params: { orderId } });
  if (price === null || offered.currency !== price.currency || BigInt(offered.amount) > BigInt(price.amount))
    throw new Problem('support.amount_faulty', { detail: 'from 0 to the price of the deal, in its currency' });
  const reply = await req.tx(async (tx) => {
    const ticket = disputeOf(await lockTicket(tx, ticketId), userId);
    requirePossible(ticket, { kind: 'user', id: userId }, 'settle');
    const before = await listOffers(tx, ticketId);
    if ((before.find((offer) => offer.userId === userId)?.times ?? 0) >= MAX_OFFERS)
      throw new Problem('support.no_offers_left');
    await putOffer(
      tx,
      ticketId,
      { userId, amount: BigInt(offered.amount), currency: offered.currency },
      ctx.clock.now(),
    );
    await hasSpoken(tx, ticket, userId);
    const other = before.find((offer) => offer.userId !== userId);
    const amount = BigInt(offered.amount);
    const met =
      other && (userId === clientId ? meetingPoint(amount, other.amount) : meetingPoint(other.amount, amount));
    if (met !== undefined) {
      const agreed = { amount: met.toString(), currency: price.currency };
      const outcome = outcomeOf(met, BigInt(price.amount));
      const who = { id: newId(), actorId: userId, actorKind: 'user' } as const;
      const feeReturned = feeOwed(caseOf(ticket), { freelancerAmount: agreed, by: 'agreement' });
      const ruling = { outcome, freelancerAmount: agreed, reason: '', words: { key: 'offers_met' } } as const;
      const act: Act = { ...who, ...ruling, kind: 'rule', feeReturned };
      await begin(ctx, tx, ticketId, act);
    }
    return { body: await settlementOf(tx, found(await readTicketRow(tx, ticketId)), userId) };
  });
  // Orders away: the agreement stands, and the job carries it out.
  await finishAct(ctx, ticketId).catch((error: unknown) =>
    ctx.log.warn({ err: error, ticketId }, 'a settlement is not carried out yet'),
  );
  return reply;
};
