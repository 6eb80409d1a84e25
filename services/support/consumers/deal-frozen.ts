import type { SupportConsumers } from '../context.ts';
import { readDeadlines, readSetting } from '../data/known.ts';
import { appendHistory } from '../data/messages.ts';
import { frozenTicketsOf, insertTicket, lockTicket } from '../data/tickets.ts';
import { firstClocks } from '../domain/deadlines.ts';
import type { DisputeCase } from '../domain/disputes.ts';
import { FIRST_PRIORITY } from '../domain/words.ts';
import { begin } from '../acts.ts';
import { sayRules } from '../acts-disputes.ts';
import { announce, askForAssignment, say, SYSTEM } from '../step.ts';
import { newId } from '#kit/ids.ts';

/** A deal that a block froze is a dispute that the platform opened: its author is the side that is not blocked. */
export const dealFrozen: SupportConsumers['dealFrozen'] = async (ctx, event) => async (tx) => {
  const { orderId, title, clientId, freelancerId, blockedId, held } = event.data;
  const now = ctx.clock.now();
  const terms = await readSetting(tx, 'support.disputes', now);
  const authorSide = blockedId === clientId ? ('freelancer' as const) : ('client' as const);
  // Silence costs nobody anything here: one of them may not be able to sign in.
  const of: DisputeCase = {
    authorSide,
    claim: held,
    terms: { ...terms, silenceDays: 0, feeBps: 0 },
    fee: null,
    feeState: 'none',
    authorDue: null,
    respondentDue: null,
    ruling: null,
  };
  const ticket = await insertTicket(tx, {
    ticketId: event.id,
    kind: 'dispute',
    category: 'frozen-by-block',
    subject: title.slice(0, 200),
    subjectWords: null,
    priority: FIRST_PRIORITY.dispute,
    authorId: authorSide === 'client' ? clientId : freelancerId,
    respondentId: blockedId,
    orderId,
    reviewId: null,
    userId: null,
    transactionId: null,
    messageId: null,
    dispute: 'open',
    case: of,
    pending: null,
    createdAt: now,
    ...firstClocks(now, await readDeadlines(tx, now)),
  });
  if (!ticket) return;
  await say(tx, ticket.ticketId, { actor: SYSTEM, words: { key: 'frozen' }, now });
  await sayRules(tx, ticket, of, now);
  const step = { at: now, actorKind: 'system', actorId: null, action: 'open', from: null, to: 'new' } as const;
  await appendHistory(tx, ticket.ticketId, { ...step, version: ticket.version, reason: null });
  announce(tx, ticket, { actor: SYSTEM, now, action: 'open', from: null, answered: false, ended: false });
  await askForAssignment(tx);
};

/** The block is lifted: deals that nobody has decided yet go on. */
export const userUnblocked: SupportConsumers['userUnblocked'] = async (ctx, event) => async (tx) => {
  for (const ticketId of await frozenTicketsOf(tx, event.data.userId)) {
    const ticket = await lockTicket(tx, ticketId);
    if (ticket?.dispute !== 'open' || ticket.pending) continue;
    const who = { id: newId(), actorId: event.data.actorId, actorKind: 'system' } as const;
    await begin(ctx, tx, ticketId, { ...who, kind: 'resume_deal' });
    // There is no call that carries it out here: the job does, at once.
    await tx.schedule('finishAct', { ticketId }, { key: `act:${ticketId}`, maxAttempts: 25 });
  }
};
