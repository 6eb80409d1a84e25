import { sql, type Tx } from '#kit/db/db.ts';
import { hashToken, randomToken } from '#kit/ids.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { Origin } from '#kit/service/types.ts';
import type { AuthContext, AuthHandlers } from '../context.ts';
import { type Account, accountByEmail, accountById, factorsOf, isLocked } from '../data/accounts.ts';
import { checkFactor, type CodeFactor } from '../data/factors.ts';
import { guarded, type Guesser, guesserOf, ownGuesser } from '../data/guesses.ts';
import { notice, signInWasRefused } from '../data/notices.ts';
import { checkAnswer, startAnswer } from '../data/passkeys.ts';
import { startSession } from '../data/sessions.ts';
import { isTrusted, trustDevice } from '../data/trusted-devices.ts';
import { deviceOf, emailKey } from '../domain/addresses.ts';
import { refuseInEvenTime } from '../domain/even-time.ts';
import { sendOwnCode } from './contact.ts';
import { DEVICE_COOKIE, handOver } from './hand-over.ts';

const INTERIM_MS = 10 * 60_000;
/** Well above a hash and what a refusal writes. */
export const REFUSAL_MS = 150;

/** Like `guarded`; what is refused reaches the audit log, also what is not even tried. */
export async function guardedSignIn<T>(
  ctx: AuthContext,
  who: Guesser,
  reason: string,
  attempt: () => Promise<T | undefined>,
  isWhole?: (result: T) => boolean,
): Promise<T | undefined> {
  try {
    const result = await guarded(ctx, who, attempt, isWhole);
    if (result === undefined) await signInWasRefused(ctx, who.userId, reason);
    return result;
  } catch (error) {
    if (isProblem(error, 'auth.locked')) await signInWasRefused(ctx, who.userId, 'locked');
    throw error;
  }
}

/** Only who knows the password, or holds the key, is told of a block. */
async function refuseBlocked(ctx: AuthContext, account: Account): Promise<void> {
  if (!isLocked(account, ctx.clock.now())) return;
  await signInWasRefused(ctx, account.userId, 'blocked');
  throw new Problem('auth.blocked');
}

export const signIn: AuthHandlers['signIn'] = async (ctx, req) => {
  const { email, password, transport, deviceToken } = req.body;
  const now = ctx.clock.now();
  const found = await accountByEmail(ctx.db, emailKey(email));
  const who = guesserOf(found, email, req.origin);
  const account = await refuseInEvenTime(REFUSAL_MS, async () => {
    const attempt = async () => ((await ctx.hasher.verify(found?.passwordHash ?? null, password)) ? found : undefined);
    const isWhole = (of: Account) => factorsOf(of).length === 0 && !isLocked(of, now);
    const fitting = await guardedSignIn(ctx, who, found ? 'password' : 'unknown', attempt, isWhole);
    if (!fitting) throw new Problem('auth.credentials_wrong');
    return fitting;
  });
  await refuseBlocked(ctx, account);
  const { userId } = account;
  if (account.passwordHash !== null && ctx.hasher.isOutdated(account.passwordHash)) {
    const renewed = await ctx.hasher.hash(password);
    await ctx.db.run(
      sql`update accounts set password_hash = ${renewed} where user_id = ${userId} and password_hash = ${account.passwordHash}`,
    );
  }
  const factors = factorsOf(account);
  const trusted =
    factors.length > 0 && (await isTrusted(ctx.db, userId, deviceToken ?? req.cookies[DEVICE_COOKIE], now));
  if (factors.length > 0 && !trusted) {
    const interimToken = randomToken(32);
    const expiresAt = new Date(now.getTime() + INTERIM_MS);
    await ctx.db.run(
      sql`insert into interim_tokens (token_hash, user_id, expires_at) values (${hashToken(interimToken)}, ${userId}, ${expiresAt})`,
    );
    return { body: { next: 'second_factor' as const, interimToken, factors } };
  }
  return handOver(ctx, await startSession(ctx, account, req.origin, trusted ? ['pwd', 'device'] : ['pwd']), transport);
};

/** Whose sign-in waits for its second factor. */
async function accountOfInterim(ctx: AuthContext, interimToken: string): Promise<Account> {
  const now = ctx.clock.now();
  const row = await ctx.db.maybe<{ userId: string }>(sql`
    select user_id as "userId" from interim_tokens
    where token_hash = ${hashToken(interimToken)} and used_at is null and expires_at > ${now}`);
  const account = row && (await accountById(ctx.db, row.userId));
  if (!account || isLocked(account, now)) throw new Problem('auth.interim_wrong');
  return account;
}

export const sendFactorCode: AuthHandlers['sendFactorCode'] = async (ctx, req) => {
  const account = await accountOfInterim(ctx, req.body.interimToken);
  await sendFactor(ctx, account, req.body.channel);
  return { body: { status: 'sent' as const } };
};

/** Sends the code of a factor that is on. */
export async function sendFactor(ctx: AuthContext, account: Account, channel: 'email' | 'sms'): Promise<void> {
  if (!factorsOf(account).includes(channel)) return;
  const { userId, locale } = account;
  const destination = channel === 'sms' ? account.phone : account.email;
  await sendOwnCode(ctx, { userId, purpose: 'sign_in_code', channel, destination, locale });
}

export const startFactorPasskey: AuthHandlers['startFactorPasskey'] = async (ctx, req) => {
  const { userId } = await accountOfInterim(ctx, req.body.interimToken);
  return { body: await startAnswer(ctx, userId, 'second_factor') };
};

/** Whether the code fits. A recovery code is as rare as a lost telephone: the owner hears of it. */
export async function passes(
  tx: Tx,
  ctx: AuthContext,
  userId: string,
  factor: CodeFactor,
  code: string,
  origin: Origin,
) {
  const fits = await checkFactor(tx, ctx, userId, factor, code);
  if (fits && factor === 'recovery') notice(tx, ctx, userId, 'recovery_code_used', origin);
  return fits;
}

export const passSecondFactor: AuthHandlers['passSecondFactor'] = async (ctx, req) => {
  const { interimToken, factor, code, passkey, trustDevice: trust, transport } = req.body;
  const account = await accountOfInterim(ctx, interimToken);
  const { userId } = account;
  const fits = await guardedSignIn(ctx, ownGuesser(userId, req.origin), `factor ${factor}`, async () => {
    if (factor === 'passkey') return passkey && (await checkAnswer(ctx, userId, 'second_factor', passkey));
    if (code === undefined) return undefined;
    return (await ctx.db.tx((tx) => passes(tx, ctx, userId, factor, code, req.origin))) || undefined;
  });
  if (fits === undefined) throw new Problem('auth.code_wrong');
  const now = ctx.clock.now();
  const used = await ctx.db.run(
    sql`update interim_tokens set used_at = ${now} where token_hash = ${hashToken(interimToken)} and used_at is null`,
  );
  if (used === 0) throw new Problem('auth.interim_wrong');
  const deviceToken = trust ? await trustDevice(ctx.db, userId, deviceOf(req.origin.userAgent), now) : undefined;
  return handOver(ctx, await startSession(ctx, account, req.origin, ['pwd', factor]), transport, deviceToken);
};

export const startPasskeySignIn: AuthHandlers['startPasskeySignIn'] = async (ctx) => ({
  body: await startAnswer(ctx, null, 'sign_in'),
});

/** The authenticator has verified its holder: that is possession and knowledge (or body) at once. */
export const signInWithPasskey: AuthHandlers['signInWithPasskey'] = async (ctx, req) => {
  const { passkey, transport } = req.body;
  const who = { account: null, userId: null, origin: req.origin };
  const userId = await guardedSignIn(ctx, who, 'passkey', () => checkAnswer(ctx, null, 'sign_in', passkey));
  const account = userId === undefined ? undefined : await accountById(ctx.db, userId);
  if (!account) throw new Problem('auth.passkey_wrong');
  await refuseBlocked(ctx, account);
  return handOver(ctx, await startSession(ctx, account, req.origin, ['passkey']), transport);
};
