import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

/** Asked for in one round, and rounds at most. */
const ROUND = 11;
const ROUNDS = 15;
let fix: Fixture;

beforeAll(async () => {
  fix = await startFixture();
  const hash = await fix.auth.hasher.hash(PASSWORD);
  for (let i = 0; i < ROUND * ROUNDS; i++) {
    const email = `known${i}@example.com`;
    await fix.auth.db.run(sql`
      insert into accounts (user_id, email, email_key, email_confirmed, password_hash, display_name, locale, created_at)
      values (${newId()}, ${email}, ${email}, true, ${hash}, 'X', 'ru', ${fix.platform.clock.now()})`);
  }
});
afterAll(() => fix?.close());

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/**
 * The medians, known and unknown addresses asked for by turns, so that a busy machine slows both. A difference of a few
 * per cent drowns in the noise of a few samples: it goes on until the medians agree. One in the work would never.
 */
async function compare(ask: (email: string) => Promise<{ status: number }>) {
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  const statuses = new Set<number>();
  let [known, unknown, ratio] = [0, 0, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS && (round < 2 || ratio >= 1.05); round++) {
    // The refusals of earlier rounds are no longer counted.
    await fix.platform.advance(16 * 60_000);
    await ask(`warm-up${round}@example.com`);
    for (let i = round * ROUND; i < (round + 1) * ROUND; i++) {
      for (const kind of i % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
        // What the answer before set going behind it is over.
        await sleep(25);
        const started = performance.now();
        statuses.add((await ask(`${kind}${i}@example.com`)).status);
        times[kind].push(performance.now() - started);
      }
    }
    [known, unknown] = [median(times.known), median(times.unknown)];
    ratio = Math.max(known, unknown) / Math.min(known, unknown);
  }
  expect(statuses.size).toBe(1);
  return { known, unknown, ratio };
}

const PATHS = {
  'sign-in': (email: string) => fix.signIn(email, 'wrong wrong wrong'),
  reset: (email: string) => fix.api('POST', '/password-resets', { email }),
  registration: (email: string) =>
    fix.api('POST', '/registrations', { consents: JOINING_EXAMPLE, email, password: PASSWORD, displayName: 'X' }),
};
for (const [name, ask] of Object.entries(PATHS)) {
  test(`A1: the time of a ${name} does not tell whether an address is known (medians within 5 %)`, async () => {
    const { known, unknown, ratio } = await compare(ask);
    expect(ratio, `known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms`).toBeLessThan(1.05);
  });
}
