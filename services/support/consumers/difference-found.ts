import type { SupportConsumers } from '../context.ts';
import { readDeadlines } from '../data/known.ts';
import { appendHistory } from '../data/messages.ts';
import { insertTicket } from '../data/tickets.ts';
import { firstClocks } from '../domain/deadlines.ts';
import { FIRST_PRIORITY } from '../domain/words.ts';
import { announce, askForAssignment, NOBODY, say, SYSTEM } from '../step.ts';

const WORDS = {
  missing_here: 'есть у провайдера, нет в журнале / the provider has it, the ledger does not',
  missing_there: 'есть в журнале, нет у провайдера / the ledger has it, the provider does not',
  other_sum: 'другая сумма / another sum',
  other_state: 'другое состояние / another state',
} as const;

/** A ticket of staff for each difference between the ledger and the provider's statement; the event's id is the ticket's. */
export const differenceFound: SupportConsumers['differenceFound'] = async (ctx, event) => async (tx) => {
  const { differenceId, what, kind, reference, userId, ours, theirs } = event.data;
  const now = ctx.clock.now();
  const ticket = await insertTicket(tx, {
    ticketId: differenceId,
    kind: 'payment',
    category: 'reconciliation',
    subject: `Сверка с провайдером / Reconciliation: ${what} ${reference}`.slice(0, 200),
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
  const text = [
    WORDS[kind],
    `журнал / ledger: ${ours ?? '—'}`,
    `провайдер / provider: ${theirs ?? '—'}`,
    ...(userId === null ? [] : [`пользователь / user: ${userId}`]),
  ].join('\n');
  await say(tx, differenceId, { actor: SYSTEM, text, internal: true, now });
  const step = { at: now, actorKind: 'system', actorId: null, action: 'open', from: null, to: 'new' } as const;
  await appendHistory(tx, differenceId, { ...step, version: ticket.version, reason: null });
  announce(tx, ticket, { actor: SYSTEM, now, action: 'open', from: null, answered: false, ended: false });
  await askForAssignment(tx);
};
