import {
  type MilestoneAction,
  type OrderAction,
  processOf,
  type ResponseAction,
  type WeekAction,
} from '#contracts/orders/process.ts';
import type {
  Actor,
  Guard,
  MilestoneStatus,
  MoneyCode,
  OrderStatus,
  ResponseStatus,
  Side,
  Transition,
  WeekStatus,
} from '#contracts/orders/process-types.ts';
import type { WhyCode } from './words.ts';

/** What a rule may look at besides the state. */
export interface Facts {
  /** A hold is being waited for. */
  readonly funding: boolean;
  readonly revisionsLeft: number;
  /** The work is paid by the hour. */
  readonly hourly: boolean;
  /** The work goes by milestones, each delivered and paid on its own. */
  readonly milestones: boolean;
  /** Milestones that are neither completed nor cancelled. */
  readonly milestonesOpen: number;
  /** Weeks that are neither approved nor cancelled, and those that were paid. */
  readonly weeksOpen: number;
  readonly weeksPaid: number;
  /** Who has an open proposal, and of what kind. */
  readonly proposalBy: Side | null;
  readonly proposalKind: string | null;
  /** The acting freelancer has a live response already. */
  readonly responded: boolean;
  /** The acting side has reviewed the deal already. */
  readonly reviewed: boolean;
  /** The client made a counter-offer that stands. */
  readonly countered: boolean;
}

/** Whether a guard lets an actor through; else why not. */
const GUARDS: Readonly<Record<Guard, (facts: Facts, actor: Actor) => WhyCode | undefined>> = {
  not_funding: ({ funding }) => (funding ? 'funding' : undefined),
  not_responded: ({ responded }) => (responded ? 'responded' : undefined),
  one_piece: ({ milestones }) => (milestones ? 'by_milestones' : undefined),
  fixed_price: ({ hourly }) => (hourly ? 'by_hours' : undefined),
  hourly: ({ hourly }) => (hourly ? undefined : 'by_price'),
  revisions_left: ({ revisionsLeft }) => (revisionsLeft > 0 ? undefined : 'no_revisions_left'),
  milestones_done: ({ milestonesOpen }) => (milestonesOpen > 0 ? 'milestones_open' : undefined),
  nothing_proposed: ({ proposalBy }) => (proposalBy ? 'proposal_open' : undefined),
  proposed_by_other: ({ proposalBy }, actor) =>
    proposalBy === null ? 'no_proposal' : proposalBy === actor ? 'own_proposal' : undefined,
  proposed_by_self: ({ proposalBy }, actor) => (proposalBy === actor ? undefined : 'no_proposal'),
  proposal_is_cancellation: ({ proposalKind }) => (proposalKind === 'cancellation' ? undefined : 'no_cancellation'),
  proposal_is_no_cancellation: ({ proposalKind }) => (proposalKind === 'cancellation' ? 'is_cancellation' : undefined),
  not_reviewed: ({ reviewed }) => (reviewed ? 'reviewed' : undefined),
  weeks_closed: ({ weeksOpen }) => (weeksOpen > 0 ? 'weeks_open' : undefined),
  hours_paid: ({ weeksPaid }) => (weeksPaid > 0 ? undefined : 'nothing_paid'),
  no_hours_paid: ({ weeksPaid }) => (weeksPaid > 0 ? 'weeks_paid' : undefined),
  has_counter: ({ countered }) => (countered ? undefined : 'no_counter'),
};

function whyNot<S extends string>(transition: Transition<S>, facts: Facts, actor: Actor): WhyCode | undefined {
  for (const guard of transition.guards ?? []) {
    const why = GUARDS[guard](facts, actor);
    if (why) return why;
  }
  return undefined;
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
  const why = whyNot(transition, facts, command.actor);
  return why === undefined ? { ok: true, to: transition.to } : { ok: false, why };
}

/** Whether an actor may do this now, and where it leads. */
export function decide(
  process: number,
  command: { action: OrderAction; actor: Actor },
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

/** The same for a week of an hourly deal. */
export function decideWeek(
  process: number,
  command: { action: WeekAction; actor: Actor },
  state: WeekStatus,
  facts: Facts,
): Decision<WeekStatus> {
  return judge(processOf(process).weeks, command, state, facts);
}

/** The same for a response. */
export function decideResponse(
  process: number,
  command: { action: ResponseAction; actor: Actor },
  state: ResponseStatus,
  facts: Facts,
): Decision<ResponseStatus> {
  return judge(processOf(process).responses, command, state, facts);
}

export interface NextAction<A extends string> {
  readonly name: A;
  readonly why: WhyCode | undefined;
  readonly money: MoneyCode | undefined;
}

/** What an actor can do next: every action of his that the state knows, and why one is not allowed. */
export function actionsFor<S extends string, A extends string>(
  transitions: readonly Transition<S>[],
  state: S,
  actor: Actor,
  facts: Facts,
): NextAction<A>[] {
  return transitions
    .filter((transition) => transition.actors.includes(actor) && transition.from.includes(state))
    .map((transition) => ({
      name: transition.action as A,
      why: whyNot(transition, facts, actor),
      money: transition.money,
    }));
}

export const NO_FACTS: Facts = {
  funding: false,
  hourly: false,
  revisionsLeft: 0,
  milestones: false,
  milestonesOpen: 0,
  weeksOpen: 0,
  weeksPaid: 0,
  proposalBy: null,
  proposalKind: null,
  responded: false,
  reviewed: false,
  countered: false,
};
