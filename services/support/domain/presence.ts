/** Whether a member of staff is at work: what he said himself, else what is planned. */
import { DateTime } from 'luxon';

export interface Shifts {
  readonly timeZone: string;
  readonly items: readonly { readonly day: number; readonly from: string; readonly to: string }[];
}
export interface Said {
  readonly state: 'online' | 'away';
  readonly until: Date;
}
export const NO_SHIFTS: Shifts = { timeZone: 'Europe/Moscow', items: [] };

export function isPresent(said: Said | null, shifts: Shifts, now: Date): boolean {
  if (said && said.until > now) return said.state === 'online';
  const there = DateTime.fromJSDate(now, { zone: shifts.timeZone });
  const clock = there.toFormat('HH:mm');
  return shifts.items.some((one) => one.day === there.weekday && one.from <= clock && clock < one.to);
}
