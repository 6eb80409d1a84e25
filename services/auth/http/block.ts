/** A blocked person has no session, but may say who he is: with the password, under the same limits as a sign-in. */
import { sql } from '#kit/db/db.ts';
import { hashToken, randomToken } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountByEmail, isLocked } from '../data/accounts.ts';
import { guesserOf } from '../data/guesses.ts';
import { emailKey } from '../domain/addresses.ts';
import { refuseInEvenTime } from '../domain/even-time.ts';
import { guardedSignIn, REFUSAL_MS } from './sign-in.ts';

const TOKEN_MS = 3_600_000;

export const proveBlocked: AuthHandlers['proveBlocked'] = async (ctx, req) => {
  const { email, password } = req.body;
  const now = ctx.clock.now();
  const known = await accountByEmail(ctx.db, emailKey(email));
  const account = await refuseInEvenTime(REFUSAL_MS, async () => {
    const attempt = async () => ((await ctx.hasher.verify(known?.passwordHash ?? null, password)) ? known : undefined);
    const fitting = await guardedSignIn(
      ctx,
      guesserOf(known, email, req.origin),
      known ? 'password' : 'unknown',
      attempt,
    );
    if (!fitting) throw new Problem('auth.credentials_wrong');
    return fitting;
  });
  // An erased account is locked too, and has nothing left to appeal.
  if (!isLocked(account, now)) throw new Problem('auth.not_blocked');
  const appealToken = randomToken(32);
  const expiresAt = new Date(now.getTime() + TOKEN_MS);
  await ctx.db.run(sql`
    insert into appeal_tokens (token_hash, user_id, expires_at) values (${hashToken(appealToken)}, ${account.userId}, ${expiresAt})`);
  return { body: { appealToken, expiresAt: expiresAt.toISOString() } };
};

export const checkAppealToken: AuthHandlers['checkAppealToken'] = async (ctx, req) => {
  const row = await ctx.db.maybe<{ userId: string }>(sql`
    select user_id as "userId" from appeal_tokens where token_hash = ${hashToken(req.body.token)} and expires_at > ${ctx.clock.now()}`);
  return { body: found(row) };
};
