import { knownZone } from './format.ts';
import type { Digest } from './preferences.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Hour of the day, in the person's zone, at which daily and weekly digests come. */
const DIGEST_HOUR = 9;

interface WallTime {
  /** Monday is 1. */
  readonly weekday: number;
  /** Since midnight. */
  readonly minutes: number;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function wallTime(at: Date, timeZone: string): WallTime {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: knownZone(timeZone),
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return {
    weekday: WEEKDAYS.indexOf(part('weekday')) + 1,
    minutes: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** When the quiet hours that hold `at` end; undefined: it is not in them. */
export function quietUntil(at: Date, quiet: { from: string; to: string } | null, timeZone: string): Date | undefined {
  if (!quiet) return undefined;
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const inside = (minutes: number) => (from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to);
  const { minutes } = wallTime(at, timeZone);
  if (!inside(minutes)) return undefined;
  const end = new Date(floorMinute(at) + ((to - minutes + 1440) % 1440) * MINUTE);
  // A change of the clock in between shifts the end by an hour at most; a time that the clock jumps over ends with the jump.
  const off = ((wallTime(end, timeZone).minutes - to + 2160) % 1440) - 720;
  const right = new Date(end.getTime() - off * MINUTE);
  return inside(wallTime(right, timeZone).minutes) ? end : right;
}

/** The next time after `at` at which the digest goes out. */
export function nextDigest(at: Date, digest: Exclude<Digest, 'off'>, timeZone: string): Date {
  if (digest === 'hourly') return new Date((Math.floor(at.getTime() / HOUR) + 1) * HOUR);
  const start = floorMinute(at);
  const { weekday, minutes } = wallTime(at, timeZone);
  let days = minutes < DIGEST_HOUR * 60 ? 0 : 1;
  if (digest === 'weekly') days += (8 - (((weekday - 1 + days) % 7) + 1)) % 7;
  const guess = start + days * DAY + (DIGEST_HOUR * 60 - minutes) * MINUTE;
  const off = wallTime(new Date(guess), timeZone).minutes - DIGEST_HOUR * 60;
  return new Date(guess - off * MINUTE);
}

function floorMinute(at: Date): number {
  return Math.floor(at.getTime() / MINUTE) * MINUTE;
}
