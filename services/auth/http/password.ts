import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountById, lockAccount } from '../data/accounts.ts';
import { forgetGuesses, guarded, ownGuesser } from '../data/guesses.ts';
import { markConfirmed } from '../data/new-account.ts';
import { notice } from '../data/notices.ts';
import { useLink, voidSecrets } from '../data/secrets.ts';
import { endSessions, forgetHalfSignIns } from '../data/sessions.ts';
import { refuseKnownPassword } from '../domain/passwords.ts';

/** Changes nothing: the old password stays good, sessions stay, earlier links stay. Done behind the answer (A1). */
export const requestReset: AuthHandlers['requestReset'] = async (ctx, req) => {
  await ctx.db.tx((tx) => tx.schedule('sendReset', { email: req.body.email }));
  return { body: { status: 'sent' as const } };
};

/** No session comes of it: who completes a reset still signs in, with the second factor (A7). */
export const completeReset: AuthHandlers['completeReset'] = async (ctx, req) => {
  refuseKnownPassword(req.body.password);
  const passwordHash = await ctx.hasher.hash(req.body.password);
  const userId = await guarded(ctx, { account: null, userId: null, origin: req.origin }, () =>
    ctx.db.tx(async (tx) => {
      const now = ctx.clock.now();
      const used = await useLink(tx, 'reset_password', req.body.token, now);
      const account = used && (await lockAccount(tx, used.userId));
      // A link that went to an address that is no longer the person's opens nothing.
      if (!used || !account || used.destination !== account.email) return undefined;
      refuseKnownPassword(req.body.password, [account.email, account.displayName]);
      await tx.run(sql`update accounts set password_hash = ${passwordHash} where user_id = ${used.userId}`);
      // Whoever reads the mail owns the address.
      await markConfirmed(tx, ctx, used.userId);
      await voidSecrets(tx, used.userId, ['confirm_email', 'invitation', 'change_email', 'sign_in_code'], now);
      await endSessions(tx, ctx, used.userId, 'password reset');
      await forgetHalfSignIns(tx, used.userId);
      forgetGuesses(tx, used.userId);
      notice(tx, ctx, used.userId, 'password_changed', req.origin);
      return used.userId;
    }),
  );
  if (userId === undefined) throw new Problem('auth.code_wrong');
  return { body: { status: 'changed' as const } };
};

export const changePassword: AuthHandlers['changePassword'] = async (ctx, req) => {
  const { userId, sessionId } = req.user;
  const account = found(await accountById(ctx.db, userId));
  refuseKnownPassword(req.body.next, [account.email, account.displayName]);
  const fits = await guarded(
    ctx,
    ownGuesser(userId, req.origin),
    async () => (await ctx.hasher.verify(account.passwordHash, req.body.current)) || undefined,
  );
  if (!fits) throw new Problem('auth.credentials_wrong');
  const passwordHash = await ctx.hasher.hash(req.body.next);
  await ctx.db.tx(async (tx) => {
    await tx.run(sql`update accounts set password_hash = ${passwordHash} where user_id = ${userId}`);
    await voidSecrets(tx, userId, ['reset_password', 'sign_in_code'], ctx.clock.now());
    await endSessions(tx, ctx, userId, 'password changed', { keep: sessionId });
    await forgetHalfSignIns(tx, userId);
    notice(tx, ctx, userId, 'password_changed', req.origin);
  });
  return { body: null };
};
