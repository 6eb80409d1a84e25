const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DELAYS = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 10_800].map((seconds) => seconds * SECOND);
/** After this a message is old news. */
export const GIVE_UP_MS = 72 * HOUR;

/** Milliseconds until the next try, after so many; undefined: no more. */
export function delayAfter(attempts: number, ageMs: number): number | undefined {
  const delay = DELAYS[Math.min(attempts, DELAYS.length) - 1] ?? SECOND;
  return ageMs + delay > GIVE_UP_MS ? undefined : delay;
}
