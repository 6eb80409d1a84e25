import { z } from 'zod';
import { type MILESTONES_1, PROCESS_1 } from './process-1.ts';
import type { RESPONSES_1 } from './process-responses.ts';
import { type OrderAction, PROCESS_2, type WeekAction } from './process-2.ts';
import {
  type Actor,
  MILESTONE_STATUSES,
  type News,
  ORDER_STATUSES,
  type Process,
  RESPONSE_STATUSES,
  type Side,
  type Timer,
  WEEK_STATUSES,
} from './process-types.ts';

/**
 * The deal: states, moves, who makes them, what must hold, what the money does, who is told, and the timers of each state.
 * One definition: from it come orders' decisions, the actions shown on every order, the enums of the API, the
 * timers, what notifications tells, the diagram in the README and the exhaustive tests.
 */
export const PROCESSES: Readonly<Record<number, Process>> = { 1: PROCESS_1, 2: PROCESS_2 };
/** What a new order begins on. */
export const CURRENT_PROCESS = 2;

export function processOf(version: number): Process {
  const process = PROCESSES[version];
  if (!process) throw new Error(`no version ${version} of the process is installed`);
  return process;
}

export type { OrderAction, WeekAction };
export type MilestoneAction = (typeof MILESTONES_1)[number]['action'];
export type ResponseAction = (typeof RESPONSES_1)[number]['action'];

type Part = 'transitions' | 'milestones' | 'responses' | 'weeks';

function actionsOf<A extends string>(part: Part): [A, ...A[]] {
  const names = Object.values(PROCESSES).flatMap((process) => process[part].map((one) => one.action));
  return [...new Set(names)] as [A, ...A[]];
}

export const orderStatus = z.enum(ORDER_STATUSES);
export const milestoneStatus = z.enum(MILESTONE_STATUSES);
export const weekStatus = z.enum(WEEK_STATUSES);
export const responseStatus = z.enum(RESPONSE_STATUSES);
export const orderAction = z.enum(actionsOf<OrderAction>('transitions'));
export const milestoneAction = z.enum(actionsOf<MilestoneAction>('milestones'));
export const weekAction = z.enum(actionsOf<WeekAction>('weeks'));
export const responseAction = z.enum(actionsOf<ResponseAction>('responses'));

/** Who is reminded of what. */
export const REMINDED = {
  delivery_due: ['freelancer'],
  delivery_late: ['freelancer', 'client'],
  review_due: ['client'],
} as const satisfies Readonly<Record<NonNullable<Timer<string>['remindsOf']>, readonly Side[]>>;

export interface Tell {
  readonly side: Side;
  readonly news: News;
}

/** Who is told of a move, and of what. An action that the version does not know (the end of a deleted draft) tells nobody. */
export function tellsOf(version: number, part: Part, by: { action: string; actor: Actor }): Tell[] {
  const move = processOf(version)[part].find((one) => one.action === by.action);
  return Object.entries(move?.tells ?? {})
    .filter(([side]) => side !== by.actor || move?.confirms)
    .map(([side, news]) => ({ side: side as Side, news }));
}
