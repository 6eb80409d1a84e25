import { authEvents } from '#contracts/auth/events.ts';
import { type Db, sql, type Tx } from '#kit/db/db.ts';
import { hashToken } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { Origin } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';
import { deviceOf, mailboxKey, networkOf, placeOf } from '../domain/addresses.ts';

const QUARTER_HOUR_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;
/** Failed guesses in a time before one must wait. An account: all paths together (A2). A network: all accounts together. */
const LIMITS = {
  account: [
    { ms: QUARTER_HOUR_MS, most: 10 },
    { ms: DAY_MS, most: 100 },
  ],
  network: [{ ms: QUARTER_HOUR_MS, most: 100 }],
} as const;

export interface Guesser {
  /** Null: no account is named (a link); only the network counts. */
  readonly account: string | null;
  /** The account exists: its owner hears of a lock. */
  readonly userId: string | null;
  readonly origin: Origin;
}

/** An unknown address locks like an account, so that a lock tells nothing (A1). */
export function guesserOf(account: { userId: string } | undefined, email: string, origin: Origin): Guesser {
  return { account: account?.userId ?? hashToken(mailboxKey(email)), userId: account?.userId ?? null, origin };
}

export function ownGuesser(userId: string, origin: Origin): Guesser {
  return { account: userId, userId, origin };
}

interface Reserved {
  guessId: bigint | undefined;
  /** The last one before the lock. */
  isLast: boolean;
}

/**
 * Lets somebody try a secret. The try is counted before it is made and taken back when it succeeds, so that tries at
 * the same moment, on all replicas, can't slip past the limit together. `attempt` answers undefined for a wrong
 * secret. Throws `auth.locked` (429) while too many have failed. `isWhole`: a session begins now, which forgets this try
 * with all before it.
 */
export async function guarded<T>(
  ctx: AuthContext,
  who: Guesser,
  attempt: () => Promise<T | undefined>,
  isWhole: (result: T) => boolean = () => false,
): Promise<T | undefined> {
  const now = ctx.clock.now();
  const reserved = await reserve(ctx.db, who, now);
  let result: T | undefined;
  try {
    result = await attempt();
  } catch (error) {
    // A fault of ours is no guess.
    await takeBack(ctx.db, reserved);
    throw error;
  }
  if (result !== undefined) {
    if (!isWhole(result)) await takeBack(ctx.db, reserved);
    return result;
  }
  await ctx.db.tx(async (tx) => {
    await tx.run(sql`insert into guesses (subject, at) values (${networkSubject(who)}, ${now})`);
    if (reserved.isLast && who.userId !== null) {
      tx.emit(authEvents.securityNotice, who.userId, {
        userId: who.userId,
        kind: 'locked_out',
        device: deviceOf(who.origin.userAgent),
        place: placeOf(who.origin.ip),
        at: now.toISOString(),
      });
    }
  });
  return undefined;
}

function networkSubject(who: Guesser): string {
  return `ip:${networkOf(who.origin.ip)}`;
}

async function reserve(db: Db, who: Guesser, now: Date): Promise<Reserved> {
  const account = who.account === null ? null : `account:${who.account}`;
  const [quarter, day] = LIMITS.account;
  const [network] = LIMITS.network;
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const { guessId, own, others } = await db.one<{ guessId: bigint | null; own: Date[]; others: Date[] }>(sql`
    /* writes */ select guess_id as "guessId", own, others
    from reserve_guess(${account}::text, ${networkSubject(who)}::text, ${now}::timestamptz, ${ago(quarter.ms)}::timestamptz,
      ${ago(day.ms)}::timestamptz, ${quarter.most}::int, ${day.most}::int, ${network.most}::int)`);
  refuse(own, LIMITS.account, now);
  refuse(others, LIMITS.network, now);
  if (guessId === null) return { guessId: undefined, isLast: false };
  return { guessId, isLast: LIMITS.account.some((limit) => within(own, limit.ms, now).length + 1 === limit.most) };
}

function within(times: readonly Date[], ms: number, now: Date): readonly Date[] {
  return times.filter((at) => at.getTime() > now.getTime() - ms);
}

/** `times` come newest first: the limit is free again when the oldest of the last `most` has aged. */
function refuse(times: readonly Date[], limits: readonly { ms: number; most: number }[], now: Date): void {
  for (const { ms, most } of limits) {
    const full = within(times, ms, now)[most - 1];
    if (full) {
      const seconds = Math.ceil((full.getTime() + ms - now.getTime()) / 1000);
      throw new Problem('auth.locked', { retryAfter: Math.max(1, seconds) });
    }
  }
}

async function takeBack(db: Db, reserved: Reserved): Promise<void> {
  if (reserved.guessId !== undefined) await db.run(sql`delete from guesses where guess_id = ${reserved.guessId}`);
}

/** The owner was here: what was guessed before does not count any more. */
export function forgetGuesses(tx: Tx, userId: string): void {
  tx.send(sql`delete from guesses where subject = ${`account:${userId}`}`);
}
