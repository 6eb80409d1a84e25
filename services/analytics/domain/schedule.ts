import { DateTime } from 'luxon';

export interface Rhythm {
  readonly every: 'week' | 'month';
  readonly hour: number;
  readonly timeZone: string;
}

/** The next moment after `after`: Monday or the first of the month at that hour of the zone. An hour that summer time skips is the one after it. */
export function nextMoment(rhythm: Rhythm, after: Date): Date {
  const here = DateTime.fromJSDate(after, { zone: rhythm.timeZone });
  const begin = here.startOf(rhythm.every).set({ hour: rhythm.hour });
  const moment =
    begin.toMillis() > after.getTime() ? begin : here.startOf(rhythm.every).plus({ [`${rhythm.every}s`]: 1 });
  return moment.set({ hour: rhythm.hour }).toJSDate();
}

/** First and last day of the whole week or month before a moment, as a reader in the zone has them. */
export function periodOf(every: Rhythm['every'], dueAt: Date, timeZone: string): { from: string; to: string } {
  const end = DateTime.fromJSDate(dueAt, { zone: timeZone }).startOf(every);
  const day = (at: DateTime) => at.toISODate() ?? '';
  return { from: day(end.minus({ [`${every}s`]: 1 })), to: day(end.minus({ days: 1 })) };
}
