import type { Tx } from '#kit/db/db.ts';
import { isProblem, type Problem } from '#kit/problem.ts';
import type { TicketRow } from './data/tickets.ts';

/** What an act of another service does to its ticket, in the ticket's transaction. */
export type Finish = (tx: Tx, ticket: TicketRow) => Promise<void>;

/** Problems that say nothing of the act itself: another try may end otherwise. */
const NO_ANSWER = [
  'unavailable',
  'timeout',
  'internal',
  'too_many_requests',
  'storage_full',
  'unauthenticated',
  // The same act runs already: a second handler, or the job beside a slow one.
  'idempotency_in_progress',
];

/** The other service said no (a state, a rule), as opposed to not having answered. */
export function isRefusal(error: unknown): error is Problem {
  return isProblem(error) && !NO_ANSWER.includes(error.code);
}
