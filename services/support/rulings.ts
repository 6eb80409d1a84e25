/** How a ruling comes to be, can be appealed, and is carried out. */
import { supportEvents } from '#contracts/support/events.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { begin } from './acts.ts';
import type { SupportContext } from './context.ts';
import type { Act, TicketRow } from './data/tickets.ts';
import { type Decided, type DisputeCase, daysFrom, feeReturned, type Party } from './domain/disputes.ts';
import { faultOfRuling, type Ruling } from './domain/ruling.ts';
import { type Actor, named, NOBODY, say, takeStep } from './step.ts';

export function caseOf(ticket: TicketRow): DisputeCase {
  if (ticket.kind !== 'dispute' || ticket.case === null) throw new Problem('support.not_dispute');
  return ticket.case;
}

/** The ruling stands at once, the money waits until it can no longer be appealed; an appeal is decided finally. */
export async function decideRuling(
  ctx: SupportContext,
  tx: Tx,
  ticket: TicketRow,
  actor: Actor,
  ruling: Ruling,
): Promise<TicketRow> {
  const of = caseOf(ticket);
  const now = ctx.clock.now();
  const fault = faultOfRuling(ruling, of.claim);
  if (fault) throw new Problem('support.amount_faulty', { detail: fault });
  const { outcome, freelancerAmount, reason, words } = ruling;
  const by = actor.kind === 'system' ? 'silence' : actor.kind === 'admin' ? 'admin' : 'support';
  const made = { outcome, freelancerAmount, reason, words, by, byId: actor.id, at: now.toISOString() } as const;
  if (ticket.dispute === 'appealed' && actor.kind === 'admin') {
    if (of.ruling?.byId === actor.id) throw new Problem('support.same_person');
    if (ticket.pending) throw new Problem('support.step_refused', { detail: 'a decision is being carried out' });
    const final: Decided = { ...made, appealUntil: null, accepted: [], appeal: of.ruling?.appeal ?? null };
    await begin(ctx, tx, ticket.ticketId, actOf({ ...of, ruling: final }, actor));
    return ticket;
  }
  if (ticket.dispute !== 'open') throw new Problem('support.not_dispute');
  const appealUntil = daysFrom(now, of.terms.appealDays);
  const decided: Decided = { ...made, appealUntil, accepted: [], appeal: null };
  const set = {
    dispute: 'decided',
    case: { ...of, ruling: decided, authorDue: null, respondentDue: null },
  } as const;
  const next = await takeStep(tx, ticket, { action: 'rule', actor, reason, words, set, now });
  await say(tx, ticket.ticketId, { actor, text: reason, words, now });
  await tx.unschedule(`silence:${ticket.ticketId}`);
  await scheduleExecution(tx, ticket.ticketId, new Date(appealUntil));
  return next;
}

export async function scheduleExecution(tx: Tx, ticketId: string, at: Date): Promise<void> {
  await tx.schedule('executeRuling', { ticketId }, { at, key: `ruling:${ticketId}` });
}

/** The act that moves the money of a ruling. */
function actOf(of: DisputeCase, actor: Actor): Act {
  const ruling = of.ruling as Decided;
  const { outcome, freelancerAmount, reason, words } = ruling;
  return {
    id: newId(),
    kind: 'rule',
    actorId: ruling.byId ?? NOBODY,
    actorKind: actor.kind,
    outcome,
    freelancerAmount,
    reason,
    words,
    feeReturned: feeOwed(of, ruling),
  };
}

/** What goes back of a fee that is held; null: nothing was taken. */
export function feeOwed(of: DisputeCase, ruling: Pick<Decided, 'freelancerAmount' | 'by'>) {
  if (of.fee === null || of.feeState !== 'held') return null;
  return { amount: feeReturned(of, ruling).toString(), currency: of.fee.currency };
}

/** Nobody can appeal any more: the money is to move. */
export async function beginExecution(ctx: SupportContext, tx: Tx, ticket: TicketRow): Promise<void> {
  if (ticket.dispute !== 'decided' || ticket.pending !== null) return;
  await begin(ctx, tx, ticket.ticketId, actOf(caseOf(ticket), { kind: 'system', id: null }));
}

export function partyOf(ticket: TicketRow, userId: string): Party {
  return ticket.authorId === userId ? 'author' : 'respondent';
}

/** One side waives its appeal. True: both have. */
export async function accept(tx: Tx, ticket: TicketRow, userId: string, now: Date): Promise<TicketRow> {
  const of = caseOf(ticket);
  if (ticket.dispute !== 'decided' || of.ruling === null) throw new Problem('support.not_dispute');
  const party = partyOf(ticket, userId);
  if (of.ruling.accepted.includes(party)) return ticket;
  const ruling = { ...of.ruling, accepted: [...of.ruling.accepted, party] };
  const actor = { kind: 'user', id: userId } as const;
  return await takeStep(tx, ticket, { action: 'accept', actor, set: { case: { ...of, ruling } }, now });
}

/** E11: the administration decides; the money stays where it is. */
export async function appeal(
  tx: Tx,
  ticket: TicketRow,
  of: { userId: string; reason: string; now: Date },
): Promise<TicketRow> {
  const dispute = caseOf(ticket);
  const { userId, reason, now } = of;
  const { ruling } = dispute;
  if (ticket.dispute !== 'decided' || ruling === null) throw new Problem('support.not_dispute');
  const party = partyOf(ticket, userId);
  if (ruling.accepted.includes(party))
    throw new Problem('support.step_refused', { detail: 'the ruling was accepted by this side' });
  if (ruling.appealUntil === null || Date.parse(ruling.appealUntil) <= now.getTime())
    throw new Problem('support.appeal_over');
  const appealed = { ...ruling, appeal: { by: party, reason, at: now.toISOString() } };
  const actor = { kind: 'user', id: userId } as const;
  const set = { dispute: 'appealed', case: { ...dispute, ruling: appealed } } as const;
  const next = await takeStep(tx, ticket, { action: 'appeal', actor, reason, set, now });
  await say(tx, ticket.ticketId, { actor, text: reason, now });
  await tx.unschedule(`ruling:${ticket.ticketId}`);
  tellAdministration(tx, next, { escalatedBy: userId, reason, now });
  return next;
}

/** E11 */
export function tellAdministration(
  tx: Tx,
  ticket: TicketRow,
  of: { escalatedBy: string; reason: string; now: Date },
): void {
  const { ticketId, number, kind, authorId, orderId, reviewId } = ticket;
  const about = { ticketId, number, kind, ...named(ticket), authorId, orderId, reviewId };
  const how = { escalatedBy: of.escalatedBy, reason: of.reason, at: of.now.toISOString() };
  tx.emit(supportEvents.ticketEscalated, ticketId, { ...about, ...how }, ticket.version);
}
