/** The time that a side of a dispute has to say something. */
import type { Tx } from '#kit/db/db.ts';
import { setCase, type TicketRow } from './data/tickets.ts';
import { type DisputeCase, daysFrom, nextDue } from './domain/disputes.ts';

/** Set to the next side whose time is over; taken back when nobody's runs. */
export async function keepSilenceTimer(
  tx: Tx,
  ticket: Pick<TicketRow, 'ticketId' | 'dispute' | 'case'>,
): Promise<void> {
  const key = `silence:${ticket.ticketId}`;
  const at = ticket.dispute === 'open' && ticket.case ? nextDue(ticket.case) : undefined;
  if (at) await tx.schedule('disputeSilence', { ticketId: ticket.ticketId }, { at, key });
  else await tx.unschedule(key);
}

/** One side has said something (a message, evidence, an offer). */
export async function hasSpoken(tx: Tx, ticket: TicketRow, userId: string): Promise<void> {
  const of = ticket.case;
  if (of === null || ticket.dispute !== 'open') return;
  const key = userId === ticket.authorId ? 'authorDue' : 'respondentDue';
  if (of[key] === null) return;
  await change(tx, ticket, { ...of, [key]: null });
}

/** Support asked: both sides have their time to answer from now. */
export async function wasAsked(tx: Tx, ticket: TicketRow, now: Date): Promise<void> {
  const of = ticket.case;
  if (of === null || ticket.dispute !== 'open' || of.terms.silenceDays === 0) return;
  const due = daysFrom(now, of.terms.silenceDays);
  await change(tx, ticket, { ...of, authorDue: due, respondentDue: due });
}

async function change(tx: Tx, ticket: TicketRow, of: DisputeCase): Promise<void> {
  await setCase(tx, ticket.ticketId, of);
  await keepSilenceTimer(tx, { ...ticket, case: of });
}
