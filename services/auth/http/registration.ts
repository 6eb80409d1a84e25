import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { AuthHandlers } from '../context.ts';
import { accountByEmail, type Account, lockAccount } from '../data/accounts.ts';
import { keepAgreement, refuseOutdated } from '../data/agreements.ts';
import { guarded, guesserOf } from '../data/guesses.ts';
import { markConfirmed } from '../data/new-account.ts';
import { useCode, useLink } from '../data/secrets.ts';
import { endSessions } from '../data/sessions.ts';
import { emailKey } from '../domain/addresses.ts';
import { refuseKnownPassword } from '../domain/passwords.ts';

const SENT = { body: { status: 'sent' as const } };

/**
 * What is done about an address is done behind the answer, so that neither its words nor its time tell whether we know
 * the address (A1): with the answer only a hash is made and a job written, for known and unknown ones alike.
 */
export const register: AuthHandlers['register'] = async (ctx, req) => {
  const { password, consents, ...person } = req.body;
  refuseOutdated(consents, '/body/consents');
  refuseKnownPassword(password, [person.email, person.displayName]);
  const passwordHash = await ctx.hasher.hash(password);
  return await req.tx(async (tx) => {
    await tx.schedule('joinOrTell', { person, passwordHash, consents });
    return SENT;
  });
};

export const confirmEmail: AuthHandlers['confirmEmail'] = async (ctx, req) => {
  const { body, origin } = req;
  const now = ctx.clock.now();
  let account: Account | undefined;
  if ('email' in body) account = await accountByEmail(ctx.db, emailKey(body.email));
  const who = 'email' in body ? guesserOf(account, body.email, origin) : { account: null, userId: null, origin };
  const userId = await guarded(ctx, who, () =>
    ctx.db.tx(async (tx) => {
      const used =
        'email' in body
          ? account && (await useCode(tx, account.userId, 'confirm_email', body.code, now))
          : await useLink(tx, 'confirm_email', body.token, now);
      if (!used) return undefined;
      const before = await lockAccount(tx, used.userId);
      if (before && used.passwordHash !== null && before.passwordHash !== used.passwordHash && !before.emailConfirmed) {
        await tx.run(sql`update accounts set password_hash = ${used.passwordHash} where user_id = ${used.userId}`);
        await endSessions(tx, ctx, used.userId, 'confirmed with another password');
      }
      await markConfirmed(tx, ctx, used.userId);
      return used.userId;
    }),
  );
  if (userId === undefined) throw new Problem('auth.code_wrong');
  return { body: { userId } };
};

export const resendConfirmation: AuthHandlers['resendConfirmation'] = async (ctx, req) => {
  await ctx.db.tx((tx) => tx.schedule('sendConfirmation', { email: req.body.email }));
  return SENT;
};

export const acceptInvitation: AuthHandlers['acceptInvitation'] = async (ctx, req) => {
  refuseOutdated(req.body.consents, '/body/consents');
  refuseKnownPassword(req.body.password);
  const passwordHash = await ctx.hasher.hash(req.body.password);
  const userId = await guarded(ctx, { account: null, userId: null, origin: req.origin }, () =>
    ctx.db.tx(async (tx) => {
      const used = await useLink(tx, 'invitation', req.body.token, ctx.clock.now());
      if (!used) return undefined;
      const taken = await tx.run(
        sql`update accounts set password_hash = ${passwordHash} where user_id = ${used.userId} and password_hash is null and erased_at is null`,
      );
      if (taken === 0) return undefined;
      const fresh = { userId: used.userId, termsVersion: null, privacyVersion: null };
      await keepAgreement(tx, fresh, req.body.consents, ctx.clock.now());
      await markConfirmed(tx, ctx, used.userId);
      return used.userId;
    }),
  );
  if (userId === undefined) throw new Problem('auth.code_wrong');
  return { body: { userId } };
};
