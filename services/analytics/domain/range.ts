import { DateTime } from 'luxon';
import { Problem } from '#kit/problem.ts';
import type { Range } from '../data/figures.ts';

const DAY_MS = 86_400_000;
/** Longest range and most steps of an answer. */
const MAX_DAYS = 1_100;

/** Refuses a range that is upside down, too long, or in a time zone nobody knows. */
export function checkRange<R extends Range>(range: R): R {
  const days = (Date.parse(range.to) - Date.parse(range.from)) / DAY_MS + 1;
  if (days < 1)
    throw new Problem('validation_failed', { errors: [{ pointer: '/query/to', detail: 'lies before `from`' }] });
  if (days > MAX_DAYS) throw new Problem('analytics.range_too_long', { detail: `at most ${MAX_DAYS} days` });
  checkTimeZone(range.timeZone);
  return range;
}

/** Names of the IANA list only: the database knows some more words for a zone, the readers do not. */
export function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new Problem('analytics.time_zone_unknown', { detail: timeZone });
  }
}

/** The period of the same length just before. */
export function periodBefore(range: Range): Range {
  const length = Date.parse(range.to) - Date.parse(range.from) + DAY_MS;
  const shift = (day: string) => new Date(Date.parse(day) - length).toISOString().slice(0, 10);
  return { ...range, from: shift(range.from), to: shift(range.to) };
}

/** The days up to the end of a range, however long it is. */
export function lastDays(range: Range, days: number): Range {
  return { ...range, from: new Date(Date.parse(range.to) - (days - 1) * DAY_MS).toISOString().slice(0, 10) };
}

/** Every step of a range by the day that it begins on: weeks on Mondays, months on their first. */
export function stepsOf({ from, to, step }: Pick<Range, 'from' | 'to' | 'step'>): string[] {
  let at = DateTime.fromISO(from, { zone: 'utc' }).startOf(step);
  const last = DateTime.fromISO(to, { zone: 'utc' });
  const steps: string[] = [];
  for (; at <= last; at = at.plus({ [`${step}s`]: 1 })) steps.push(at.toISODate() ?? '');
  return steps;
}
