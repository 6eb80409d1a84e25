/** The deadlines of a ticket, in working time: set when it opens, standing still while it is the user's turn. */
import type { WorkingCalendar } from '#contracts/admin/settings.ts';
import type { TicketStatus } from './life.ts';
import { addWorking, workingBetween } from './working-time.ts';

export interface Clocks {
  /** Null: the first answer was given. */
  readonly answerDueAt: Date | null;
  readonly resolveDueAt: Date;
  /** Set while the deadlines stand still. */
  readonly pausedAt: Date | null;
}
export interface Hours {
  readonly firstAnswerHours: number;
  readonly resolutionHours: number;
  /** Null: round the clock. */
  readonly calendar: WorkingCalendar | null;
}

const HOUR = 3_600_000;
const STILL: readonly TicketStatus[] = ['waiting_for_user', 'answered', 'resolved', 'closed'];

export function firstClocks(now: Date, hours: Hours): Clocks {
  return {
    answerDueAt: addWorking(now, hours.firstAnswerHours * HOUR, hours.calendar),
    resolveDueAt: addWorking(now, hours.resolutionHours * HOUR, hours.calendar),
    pausedAt: null,
  };
}

/** The clocks after a step: what stood still moves on by as long as it stood; a reopened ticket gets a new time to resolve. */
export function nextClocks(
  clocks: Clocks,
  step: { to: TicketStatus; now: Date; answered: boolean; reopened: boolean; hours: Hours },
): Clocks {
  const { now } = step;
  const still = STILL.includes(step.to);
  let { answerDueAt, resolveDueAt, pausedAt } = clocks;
  if (pausedAt !== null && !still) {
    resolveDueAt = resumed(resolveDueAt, pausedAt, step);
    answerDueAt = answerDueAt === null ? null : resumed(answerDueAt, pausedAt, step);
    pausedAt = null;
  } else if (pausedAt === null && still) pausedAt = now;
  if (step.answered) answerDueAt = null;
  if (step.reopened) resolveDueAt = addWorking(now, step.hours.resolutionHours * HOUR, step.hours.calendar);
  return { answerDueAt, resolveDueAt, pausedAt };
}

/** What was left when the clock stopped is left when it goes on. What was late already stays as late as it was. */
function resumed(due: Date, pausedAt: Date, { now, hours }: { now: Date; hours: Hours }): Date {
  const from = now > pausedAt ? now : pausedAt;
  const left = workingBetween(pausedAt, due, hours.calendar);
  return left > 0
    ? addWorking(from, left, hours.calendar)
    : new Date(from.getTime() + due.getTime() - pausedAt.getTime());
}

export function isOverdue(clocks: Clocks, now: Date): boolean {
  if (clocks.pausedAt !== null) return false;
  return clocks.resolveDueAt < now || (clocks.answerDueAt !== null && clocks.answerDueAt < now);
}
