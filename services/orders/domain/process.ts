import type { MilestoneStatus } from '#contracts/orders/events.ts';
import type { OrderStatus } from '#contracts/orders/internal.ts';
import type { MoneyCode, WhyCode } from './words.ts';

export type Actor = 'client' | 'freelancer' | 'support' | 'system';
export type Side = 'client' | 'freelancer';

/** What a rule may look at besides the state. */
export interface Facts {
  /** A hold is being waited for. */
  readonly funding: boolean;
  readonly revisionsLeft: number;
  /** The work goes by milestones, each delivered and paid on its own. */
  readonly milestones: boolean;
  /** Milestones that are neither completed nor cancelled. */
  readonly milestonesOpen: number;
  /** Who has an open proposal, and of what kind. */
  readonly proposalBy: Side | null;
  readonly proposalKind: string | null;
  /** The acting freelancer has a live response already. */
  readonly responded: boolean;
  /** The acting side has reviewed the deal already. */
  readonly reviewed: boolean;
}

export interface Transition<S extends string> {
  readonly action: string;
  readonly from: readonly S[];
  /** Null: the state stays, something in it changes. */
  readonly to: S | null;
  readonly actors: readonly Actor[];
  /** Undefined: fine; else why not. */
  readonly guard?: (facts: Facts, actor: Actor) => WhyCode | undefined;
  /** What it does with money, for the person who decides. */
  readonly money?: MoneyCode;
  /** Whom the change concerns besides the one who makes it. */
  readonly tells?: readonly (Side | 'responders')[];
}

/** A moment of an order that a timer counts from. */
export type Moment = 'unpaidUntil' | 'expiresAt' | 'dueAt' | 'reviewEndsAt';

/** Set when its state is entered (or its moment moves), taken back when the state is left. */
export interface Timer {
  /** Unique within the process: the timer's key is `name:orderId`. */
  readonly name: string;
  readonly job: 'placementTimedOut' | 'expireOrder' | 'remind' | 'completeBySilence';
  readonly moment: Moment;
  readonly daysBefore: number;
  /** What a reminder reminds of; a reminder whose moment has gone by is left out, an end is not. */
  readonly remindsOf?: 'delivery_due' | 'delivery_late' | 'review_due';
}

export interface Process {
  readonly version: number;
  readonly transitions: readonly Transition<OrderStatus>[];
  readonly timers: Readonly<Partial<Record<OrderStatus, readonly Timer[]>>>;
  readonly milestones: readonly Transition<MilestoneStatus>[];
}

const notWhileFunding = (facts: Facts) => (facts.funding ? 'funding' : undefined);
const asOnePiece = (facts: Facts) => (facts.milestones ? 'by_milestones' : undefined);
const hasRevisions = (facts: Facts) => (facts.revisionsLeft > 0 ? undefined : 'no_revisions_left');
const nothingProposed = (facts: Facts) => (facts.proposalBy ? 'proposal_open' : undefined);
const proposedByOther = (facts: Facts, actor: Actor) =>
  facts.proposalBy === null ? 'no_proposal' : facts.proposalBy === actor ? 'own_proposal' : undefined;

const RUNNING = ['in_progress', 'delivered'] as const;
const BOTH = ['client', 'freelancer'] as const;

const TRANSITIONS_1 = [
  { action: 'edit', from: ['draft', 'published'], to: null, actors: ['client'], guard: notWhileFunding },
  { action: 'delete', from: ['draft'], to: null, actors: ['client'] },
  { action: 'publish', from: ['draft'], to: 'awaiting_payment', actors: ['client'], money: 'fee_charged' },
  { action: 'placement_charged', from: ['awaiting_payment'], to: 'published', actors: ['system'], tells: ['client'] },
  { action: 'placement_refused', from: ['awaiting_payment'], to: 'draft', actors: ['system'], tells: ['client'] },
  {
    action: 'placement_timed_out',
    from: ['awaiting_payment'],
    to: 'draft',
    actors: ['system'],
    money: 'late_charge_returned',
    tells: ['client'],
  },
  {
    action: 'respond',
    from: ['published'],
    to: null,
    actors: ['freelancer'],
    guard: (facts) => (facts.responded ? 'responded' : facts.funding ? 'funding' : undefined),
    tells: ['client'],
  },
  {
    action: 'invite',
    from: ['published'],
    to: null,
    actors: ['client'],
    guard: notWhileFunding,
    tells: ['freelancer'],
  },
  {
    action: 'accept_response',
    from: ['published'],
    to: null,
    actors: ['client'],
    guard: notWhileFunding,
    money: 'price_held',
  },
  { action: 'escrow_refused', from: ['published'], to: null, actors: ['system'], tells: ['client'] },
  { action: 'start', from: ['published'], to: 'in_progress', actors: ['system'], tells: [...BOTH, 'responders'] },
  {
    action: 'expire',
    from: ['published'],
    to: 'expired',
    actors: ['system'],
    guard: notWhileFunding,
    money: 'fee_returned_if_unanswered',
    tells: ['client', 'responders'],
  },
  {
    action: 'cancel',
    from: ['published'],
    to: 'cancelled',
    actors: ['client'],
    guard: notWhileFunding,
    money: 'fee_returned_if_unanswered',
    tells: ['responders'],
  },
  {
    action: 'close_blocked',
    from: ['published'],
    to: 'cancelled',
    actors: ['system'],
    guard: notWhileFunding,
    money: 'fee_returned_if_unanswered',
    tells: ['client', 'responders'],
  },
  {
    action: 'deliver',
    from: ['in_progress'],
    to: 'delivered',
    actors: ['freelancer'],
    guard: asOnePiece,
    tells: ['client'],
  },
  {
    action: 'request_revision',
    from: ['delivered'],
    to: 'in_progress',
    actors: ['client'],
    guard: hasRevisions,
    tells: ['freelancer'],
  },
  {
    action: 'complete',
    from: ['delivered'],
    to: 'completed',
    actors: ['client'],
    guard: notWhileFunding,
    money: 'held_released',
    tells: ['freelancer'],
  },
  {
    action: 'complete_by_silence',
    from: ['delivered'],
    to: 'completed',
    actors: ['system'],
    money: 'held_released',
    tells: BOTH,
  },
  {
    action: 'complete_milestones',
    from: ['in_progress'],
    to: 'completed',
    actors: ['system'],
    guard: (facts) => (facts.milestonesOpen > 0 ? 'milestones_open' : undefined),
    tells: BOTH,
  },
  {
    action: 'give_up',
    from: RUNNING,
    to: 'cancelled',
    actors: ['freelancer'],
    money: 'held_refunded',
    tells: ['client'],
  },
  {
    action: 'propose_cancellation',
    from: RUNNING,
    to: null,
    actors: ['client'],
    guard: nothingProposed,
    money: 'refund_if_agreed',
    tells: ['freelancer'],
  },
  { action: 'propose', from: RUNNING, to: null, actors: BOTH, guard: nothingProposed, tells: BOTH },
  {
    action: 'agree',
    from: RUNNING,
    to: null,
    actors: BOTH,
    guard: (facts, actor) =>
      proposedByOther(facts, actor) ?? (facts.proposalKind === 'cancellation' ? 'is_cancellation' : undefined),
    tells: BOTH,
  },
  {
    action: 'agree_cancellation',
    from: RUNNING,
    to: 'cancelled',
    actors: BOTH,
    guard: (facts, actor) =>
      proposedByOther(facts, actor) ?? (facts.proposalKind === 'cancellation' ? undefined : 'no_cancellation'),
    money: 'held_divided_as_agreed',
    tells: BOTH,
  },
  { action: 'refuse_proposal', from: RUNNING, to: null, actors: BOTH, guard: proposedByOther, tells: BOTH },
  {
    action: 'withdraw_proposal',
    from: RUNNING,
    to: null,
    actors: BOTH,
    guard: (facts, actor) => (facts.proposalBy === actor ? undefined : 'no_proposal'),
    tells: BOTH,
  },
  { action: 'apply_extra', from: RUNNING, to: null, actors: ['system'], tells: BOTH },
  { action: 'extra_refused', from: RUNNING, to: null, actors: ['system'], tells: ['client'] },
  { action: 'dispute', from: RUNNING, to: 'disputed', actors: BOTH, money: 'held_frozen', tells: BOTH },
  {
    action: 'rule_release',
    from: ['disputed'],
    to: 'completed',
    actors: ['support'],
    money: 'held_released',
    tells: BOTH,
  },
  {
    action: 'rule_refund',
    from: ['disputed'],
    to: 'cancelled',
    actors: ['support'],
    money: 'held_refunded',
    tells: BOTH,
  },
  { action: 'rule_split', from: ['disputed'], to: 'split', actors: ['support'], money: 'held_divided', tells: BOTH },
  // A party was blocked, and the administration chose what becomes of the running deals.
  { action: 'freeze', from: RUNNING, to: 'disputed', actors: ['system'], money: 'held_frozen', tells: BOTH },
  { action: 'resume_work', from: ['disputed'], to: 'in_progress', actors: ['system'], tells: BOTH },
  { action: 'resume_review', from: ['disputed'], to: 'delivered', actors: ['system'], tells: BOTH },
  {
    action: 'cancel_blocked',
    from: RUNNING,
    to: 'cancelled',
    actors: ['system'],
    money: 'held_refunded',
    tells: BOTH,
  },
  {
    action: 'review',
    from: ['completed', 'split'],
    to: null,
    actors: BOTH,
    guard: (facts) => (facts.reviewed ? 'reviewed' : undefined),
    tells: BOTH,
  },
] as const satisfies readonly Transition<OrderStatus>[];

const MILESTONE_OPEN = ['planned', 'funding', 'in_progress', 'delivered'] as const;

const MILESTONES_1 = [
  { action: 'fund', from: ['planned'], to: 'funding', actors: ['client'], guard: notWhileFunding, money: 'price_held' },
  { action: 'held', from: ['funding'], to: 'in_progress', actors: ['system'], tells: BOTH },
  { action: 'hold_refused', from: ['funding'], to: 'planned', actors: ['system'], tells: ['client'] },
  { action: 'deliver', from: ['in_progress'], to: 'delivered', actors: ['freelancer'], tells: ['client'] },
  {
    action: 'request_revision',
    from: ['delivered'],
    to: 'in_progress',
    actors: ['client'],
    guard: hasRevisions,
    tells: ['freelancer'],
  },
  {
    action: 'complete',
    from: ['delivered'],
    to: 'completed',
    actors: ['client'],
    money: 'held_released',
    tells: ['freelancer'],
  },
  {
    action: 'complete_by_silence',
    from: ['delivered'],
    to: 'completed',
    actors: ['system'],
    money: 'held_released',
    tells: BOTH,
  },
  { action: 'close', from: MILESTONE_OPEN, to: 'cancelled', actors: ['system'] },
  { action: 'close_released', from: ['in_progress', 'delivered'], to: 'completed', actors: ['system'] },
] as const satisfies readonly Transition<MilestoneStatus>[];

export type ActionName = (typeof TRANSITIONS_1)[number]['action'];
export type MilestoneAction = (typeof MILESTONES_1)[number]['action'];

/**
 * The deal, version 1: states, moves, who makes them, what must hold, what the money does, whom it concerns, and the
 * timers of each state. Guards, the actions shown on every order, the timers, the diagram in the README and the exhaustive
 * test are made from it. A running order stays on its version; a new one is added beside it, never changed.
 */
const PROCESS_1: Process = {
  version: 1,
  transitions: TRANSITIONS_1,
  milestones: MILESTONES_1,
  timers: {
    awaiting_payment: [{ name: 'unpaid', job: 'placementTimedOut', moment: 'unpaidUntil', daysBefore: 0 }],
    published: [{ name: 'no-response', job: 'expireOrder', moment: 'expiresAt', daysBefore: 0 }],
    in_progress: [
      { name: 'due-soon', job: 'remind', moment: 'dueAt', daysBefore: 1, remindsOf: 'delivery_due' },
      { name: 'due', job: 'remind', moment: 'dueAt', daysBefore: 0, remindsOf: 'delivery_late' },
    ],
    delivered: [
      { name: 'review-7', job: 'remind', moment: 'reviewEndsAt', daysBefore: 7, remindsOf: 'review_due' },
      { name: 'review-3', job: 'remind', moment: 'reviewEndsAt', daysBefore: 3, remindsOf: 'review_due' },
      { name: 'review-1', job: 'remind', moment: 'reviewEndsAt', daysBefore: 1, remindsOf: 'review_due' },
      { name: 'review-end', job: 'completeBySilence', moment: 'reviewEndsAt', daysBefore: 0 },
    ],
  },
};

/** Every version that orders may be on. */
export const PROCESSES: Readonly<Record<number, Process>> = { 1: PROCESS_1 };
export const CURRENT_PROCESS = 1;

export function processOf(version: number): Process {
  const process = PROCESSES[version];
  if (!process) throw new Error(`no version ${version} of the process is installed`);
  return process;
}

export type Decision<S> = { ok: true; to: S | null } | { ok: false; why: WhyCode };

function judge<S extends string>(
  transitions: readonly Transition<S>[],
  command: { action: string; actor: Actor },
  state: S,
  facts: Facts,
): Decision<S> {
  const transition = transitions.find((one) => one.action === command.action);
  if (!transition?.actors.includes(command.actor)) return { ok: false, why: 'not_yours' };
  if (!transition.from.includes(state)) return { ok: false, why: 'wrong_state' };
  const why = transition.guard?.(facts, command.actor);
  return why === undefined ? { ok: true, to: transition.to } : { ok: false, why };
}

/** Whether an actor may do this now, and where it leads. */
export function decide(
  process: number,
  command: { action: ActionName; actor: Actor },
  state: OrderStatus,
  facts: Facts,
): Decision<OrderStatus> {
  return judge(processOf(process).transitions, command, state, facts);
}

/** The same for a milestone of a running deal. */
export function decideMilestone(
  process: number,
  command: { action: MilestoneAction; actor: Actor },
  state: MilestoneStatus,
  facts: Facts,
): Decision<MilestoneStatus> {
  return judge(processOf(process).milestones, command, state, facts);
}

export interface NextAction {
  readonly name: string;
  readonly why: WhyCode | undefined;
  readonly money: MoneyCode | undefined;
}

/** What an actor can do next: every action of his that the state knows, and why one is not allowed. */
export function actionsFor<S extends string>(
  transitions: readonly Transition<S>[],
  state: S,
  actor: Actor,
  facts: Facts,
): NextAction[] {
  return transitions
    .filter((transition) => transition.actors.includes(actor) && transition.from.includes(state))
    .map(({ action, guard, money }) => ({ name: action, why: guard?.(facts, actor), money }));
}
