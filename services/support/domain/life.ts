/** The life of a ticket (S2): which step is possible in which state, for whom, and where it leads. */
import type { TICKET_STATUSES } from '#contracts/support/internal.ts';

export type TicketStatus = (typeof TICKET_STATUSES)[number];
/** `user`: the author, or the other party of a dispute. */
export type ActorKind = 'user' | 'support' | 'admin' | 'system';

export const ACTIONS = [
  'message',
  'reopen',
  'rate',
  'assign',
  'unassign',
  'answer',
  'ask',
  'note',
  'triage',
  'wait',
  'resolve',
  'close',
  'escalate',
  'delete_review',
  'redact_review',
  'restore_review',
  'merge',
  'rule',
  'rule_final',
  'accept',
  'appeal',
  'execute',
  'silence',
  'resume',
  'settle',
  'return',
  'dispute_open',
  'dispute_refuse',
] as const;
export type Action = (typeof ACTIONS)[number];

/** `work`: back to who works on it: `assigned`, or `new` when nobody does. `same`: the status stays. */
type Target = TicketStatus | 'work' | 'same';
type Moves = Partial<Record<TicketStatus, Target>>;

const OPEN = ['new', 'assigned', 'waiting_for_user', 'answered'] as const;
const ENDED = ['resolved', 'closed'] as const;
const ANY = [...OPEN, ...ENDED, 'escalated'] as const;

function all(statuses: readonly TicketStatus[], to: Target): Moves {
  return Object.fromEntries(statuses.map((status) => [status, to]));
}

const STEPS: Readonly<Record<Action, Partial<Record<ActorKind, Moves>>>> = {
  message: { user: { ...all(OPEN, 'work'), escalated: 'same' } },
  reopen: { user: all(['answered', ...ENDED], 'work') },
  rate: { user: all(['answered', ...ENDED], 'same') },
  assign: both(
    {
      ...all(['waiting_for_user', 'answered', 'escalated'], 'same'),
      new: 'assigned',
      assigned: 'assigned',
    },
    { new: 'assigned' },
  ),
  unassign: { system: { ...all(['waiting_for_user', 'answered', 'escalated'], 'same'), assigned: 'new' } },
  // While the administration has the ticket, support may still talk with the user; the decision stays with the administration.
  answer: { support: { ...all(OPEN, 'answered'), escalated: 'same' }, admin: { escalated: 'answered' } },
  ask: { support: all(OPEN, 'waiting_for_user') },
  note: both(all(ANY, 'same')),
  triage: both(all(ANY, 'same')),
  wait: { support: all(['new', 'assigned', 'answered'], 'waiting_for_user') },
  resolve: { support: all(OPEN, 'resolved') },
  close: { support: all([...OPEN, 'resolved'], 'closed'), system: { resolved: 'closed' } },
  escalate: { support: all(OPEN, 'escalated') },
  delete_review: { support: all(OPEN, 'resolved'), admin: { escalated: 'resolved' } },
  redact_review: { support: all(OPEN, 'resolved'), admin: { escalated: 'resolved' } },
  restore_review: { support: all(OPEN, 'resolved'), admin: { escalated: 'resolved' } },
  merge: { support: all(OPEN, 'closed') },
  // `system`: one side was silent.
  rule: { support: all(OPEN, 'resolved'), admin: { escalated: 'resolved' }, system: all(OPEN, 'resolved') },
  accept: { user: all(ENDED, 'same') },
  appeal: { user: all(ENDED, 'escalated') },
  rule_final: { admin: { escalated: 'resolved' } },
  execute: { system: all(ENDED, 'same') },
  // Both sides were silent: support decides.
  silence: { system: { ...all(['new', 'assigned', 'answered'], 'same'), waiting_for_user: 'work' } },
  resume: { system: all(OPEN, 'resolved') },
  settle: { user: all([...OPEN, 'escalated'], 'resolved') },
  return: { admin: { escalated: 'work' } },
  dispute_open: { system: all(ANY, 'same') },
  dispute_refuse: { system: all(ANY, 'same') },
};

function both(moves: Moves, system: Moves = {}): Partial<Record<ActorKind, Moves>> {
  return { support: moves, admin: moves, system };
}

/** Where the step leads, or undefined when it is refused. `assigned`: somebody of staff has the ticket after the step. */
export function decide(
  state: { readonly status: TicketStatus; readonly assigned: boolean },
  action: Action,
  actor: ActorKind,
): TicketStatus | undefined {
  const target = STEPS[action][actor]?.[state.status];
  if (target === undefined) return undefined;
  if (target === 'same') return state.status;
  if (target === 'work') return state.assigned ? 'assigned' : 'new';
  return target;
}
