/** Time as a working calendar counts it. */
import { DateTime } from 'luxon';
import type { WorkingCalendar } from '#contracts/admin/settings.ts';

/** Days looked at; a calendar whose days are all holidays ends here instead of never. */
const HORIZON_DAYS = 3_700;

/** The moment after `ms` of working time from `start`. Without a calendar all time is working time. */
export function addWorking(start: Date, ms: number, calendar: WorkingCalendar | null): Date {
  if (calendar === null) return new Date(start.getTime() + ms);
  let left = ms;
  let end = start.getTime();
  for (const [from, to] of shifts(start, calendar)) {
    const begin = Math.max(from, start.getTime());
    if (to <= begin) continue;
    if (left <= to - begin) return new Date(begin + left);
    left -= to - begin;
    end = to;
  }
  return new Date(end);
}

/** Milliseconds of working time between two moments; negative when `end` is the earlier one. */
export function workingBetween(start: Date, end: Date, calendar: WorkingCalendar | null): number {
  if (calendar === null) return end.getTime() - start.getTime();
  if (end < start) return -workingBetween(end, start, calendar);
  let sum = 0;
  for (const [from, to] of shifts(start, calendar)) {
    if (from >= end.getTime()) break;
    sum += Math.max(0, Math.min(to, end.getTime()) - Math.max(from, start.getTime()));
  }
  return sum;
}

/** The shifts from the day of `start` on, in epoch milliseconds. Days are the calendar's own, with its changes of summer time. */
function* shifts(start: Date, calendar: WorkingCalendar): Generator<readonly [number, number]> {
  const holidays = new Set(calendar.holidays);
  const [from, to] = [clock(calendar.from), clock(calendar.to)];
  let day = DateTime.fromJSDate(start, { zone: calendar.timeZone }).startOf('day');
  for (let looked = 0; looked < HORIZON_DAYS; looked++, day = day.plus({ days: 1 })) {
    if (!calendar.days.includes(day.weekday) || holidays.has(day.toISODate() ?? '')) continue;
    yield [day.set(from).toMillis(), day.set(to).toMillis()];
  }
}

function clock(text: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return { hour, minute };
}
