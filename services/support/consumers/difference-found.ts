import type { SupportConsumers } from '../context.ts';
import { readDeadlines } from '../data/known.ts';
import { appendHistory } from '../data/messages.ts';
import { insertTicket } from '../data/tickets.ts';
import { firstClocks } from '../domain/deadlines.ts';
import { FIRST_PRIORITY } from '../domain/words.ts';
import { announce, askForAssignment, NOBODY, say, SYSTEM } from '../step.ts';

/** A ticket of staff for each difference between the ledger and the provider's statement; the event's id is the ticket's. */
export const differenceFound: SupportConsumers['differenceFound'] = async (ctx, event) => async (tx) => {
  const { differenceId, what, kind, reference, userId, ours, theirs } = event.data;
  const now = ctx.clock.now();
  const ticket = await insertTicket(tx, {
    ticketId: differenceId,
    kind: 'payment',
    category: 'reconciliation',
    subject: '',
    subjectWords: { key: 'difference_of', what, reference: reference.slice(0, 150) },
    priority: FIRST_PRIORITY.payment,
    authorId: NOBODY,
    respondentId: null,
    orderId: null,
    reviewId: null,
    userId: null,
    transactionId: null,
    messageId: null,
    dispute: null,
    case: null,
    pending: null,
    createdAt: now,
    ...firstClocks(now, await readDeadlines(tx, now)),
  });
  if (!ticket) return;
  const words = { key: 'difference', kind, ours, theirs, userId } as const;
  await say(tx, differenceId, { actor: SYSTEM, words, internal: true, now });
  const step = { at: now, actorKind: 'system', actorId: null, action: 'open', from: null, to: 'new' } as const;
  await appendHistory(tx, differenceId, { ...step, version: ticket.version, reason: null });
  announce(tx, ticket, { actor: SYSTEM, now, action: 'open', from: null, answered: false, ended: false });
  await askForAssignment(tx);
};
