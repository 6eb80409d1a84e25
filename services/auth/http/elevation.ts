import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountById, factorsOf } from '../data/accounts.ts';
import { ownGuesser } from '../data/guesses.ts';
import { checkAnswer, startAnswer } from '../data/passkeys.ts';
import { issue, rightsNow, type SessionRow } from '../data/sessions.ts';
import { guardedSignIn, passes, sendFactor } from './sign-in.ts';

export const sendElevationCode: AuthHandlers['sendElevationCode'] = async (ctx, req) => {
  await sendFactor(ctx, found(await accountById(ctx.db, req.user.userId)), req.body.channel);
  return { body: { status: 'sent' as const } };
};

export const startElevationPasskey: AuthHandlers['startElevationPasskey'] = async (ctx, req) => ({
  body: await startAnswer(ctx, req.user.userId, 'elevation'),
});

/** A fresh sign-in within the session: all that a sign-in would ask for, on no device less. */
export const elevateSession: AuthHandlers['elevateSession'] = async (ctx, req) => {
  const { userId, sessionId } = req.user;
  const { password, factor, code, passkey } = req.body;
  const account = found(await accountById(ctx.db, userId));
  const who = ownGuesser(userId, req.origin);
  if (passkey) {
    const fits = await guardedSignIn(ctx, who, 'step-up passkey', () => checkAnswer(ctx, userId, 'elevation', passkey));
    if (fits === undefined) throw new Problem('auth.passkey_wrong');
  } else {
    const fits = await guardedSignIn(
      ctx,
      who,
      'step-up password',
      async () => (await ctx.hasher.verify(account.passwordHash, password ?? '')) || undefined,
    );
    if (!fits) throw new Problem('auth.credentials_wrong');
    const factors = factorsOf(account);
    if (factors.length > 0) {
      if (code === undefined) throw new Problem('auth.second_factor_needed', { detail: factors.join(', ') });
      const right = await guardedSignIn(
        ctx,
        who,
        `step-up ${factor}`,
        async () => (await ctx.db.tx((tx) => passes(tx, ctx, userId, factor, code, req.origin))) || undefined,
      );
      if (!right) throw new Problem('auth.code_wrong');
    }
  }
  const rights = await rightsNow(ctx, userId);
  const now = ctx.clock.now();
  const session = await ctx.db.maybe<SessionRow>(sql`
    update sessions set auth_time = ${now}, last_used_at = ${rights.asOf} where session_id = ${sessionId} and ended_at is null
    returning session_id as "sessionId", auth_time as "authTime", factors`);
  if (!session) throw new Problem('unauthenticated');
  return { body: await issue(ctx, account, session, rights) };
};
