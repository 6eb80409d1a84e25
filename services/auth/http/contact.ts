import { authEvents } from '#contracts/auth/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Origin } from '#kit/service/types.ts';
import type { AuthContext, AuthHandlers } from '../context.ts';
import { type Account, accountByEmail, lockAccount } from '../data/accounts.ts';
import { guarded, ownGuesser } from '../data/guesses.ts';
import { lockAddress } from '../data/new-account.ts';
import { notice } from '../data/notices.ts';
import { type NewSecret, type Purpose, sendSecret, useCode, voidSecrets } from '../data/secrets.ts';
import { makeTokensStale } from '../data/sessions.ts';
import { emailKey } from '../domain/addresses.ts';

const SENT = { body: { status: 'sent' as const } };

/** Sends a code to a person who is signed in, and says so when it has been too many. */
export async function sendOwnCode(ctx: AuthContext, of: Omit<NewSecret, 'now'>): Promise<void> {
  const sent = await ctx.db.tx((tx) => sendSecret(tx, ctx.sealer, { ...of, now: ctx.clock.now() }));
  if (!sent) throw new Problem('auth.too_many_messages', { retryAfter: 600 });
}

interface OwnCode {
  user: { userId: string };
  origin: Origin;
  body: { code: string };
}

/** Uses a code of the person's own up; a wrong one counts against guessing. Answers where it had been sent. */
async function useOwnCode(
  ctx: AuthContext,
  req: OwnCode,
  purpose: Purpose,
  effect: (tx: Tx, destination: string) => Promise<void>,
): Promise<string> {
  const { userId } = req.user;
  const destination = await guarded(ctx, ownGuesser(userId, req.origin), () =>
    ctx.db.tx(async (tx) => {
      const used = await useCode(tx, userId, purpose, req.body.code, ctx.clock.now());
      if (!used?.destination) return undefined;
      await effect(tx, used.destination);
      return used.destination;
    }),
  );
  if (destination === undefined) throw new Problem('auth.code_wrong');
  return destination;
}

export const changeEmail: AuthHandlers['changeEmail'] = async (ctx, req) => {
  const { userId } = req.user;
  const { email: destination } = req.body;
  await sendOwnCode(ctx, { userId, purpose: 'change_email', channel: 'email', destination, locale: req.locale });
  return SENT;
};

export const confirmNewEmail: AuthHandlers['confirmNewEmail'] = async (ctx, req) => {
  const { userId } = req.user;
  const email = await useOwnCode(ctx, req, 'change_email', async (tx, address) => {
    const before = found(await lockAccount(tx, userId));
    const key = emailKey(address);
    await lockAddress(tx, address);
    const holder = await accountByEmail(tx, key);
    if (holder && holder.userId !== userId) throw new Problem('auth.email_taken');
    await tx.run(
      sql`update accounts set email = ${address}, email_key = ${key}, email_confirmed = true where user_id = ${userId}`,
    );
    // A link in the old mailbox opens nothing any more.
    await voidSecrets(tx, userId, ['reset_password', 'confirm_email', 'sign_in_code'], ctx.clock.now());
    tx.emit(authEvents.emailConfirmed, userId, { userId, email: address });
    if (!before.emailConfirmed) await makeTokensStale(tx, ctx, userId);
    notice(tx, ctx, userId, 'email_changed', req.origin);
    if (before.emailConfirmed) await tellOldAddress(tx, ctx, before);
  });
  return { body: { email } };
};

/** Whoever has taken an account over must not be the only one who knows. */
async function tellOldAddress(tx: Tx, ctx: AuthContext, before: Account): Promise<void> {
  const { userId, email: destination, locale } = before;
  const now = ctx.clock.now();
  await sendSecret(tx, ctx.sealer, { userId, purpose: 'email_replaced', channel: 'email', destination, locale, now });
}

export const changePhone: AuthHandlers['changePhone'] = async (ctx, req) => {
  const { userId } = req.user;
  const { phone: destination } = req.body;
  await sendOwnCode(ctx, { userId, purpose: 'verify_phone', channel: 'sms', destination, locale: req.locale });
  return SENT;
};

export const confirmPhone: AuthHandlers['confirmPhone'] = async (ctx, req) => {
  const { userId } = req.user;
  const phone = await useOwnCode(ctx, req, 'verify_phone', async (tx, number) => {
    await tx.run(sql`update accounts set phone = ${number} where user_id = ${userId}`);
    tx.emit(authEvents.phoneVerified, userId, { userId, phone: number });
    // The number is where codes go: another one is another factor.
    notice(tx, ctx, userId, 'phone_changed', req.origin);
  });
  return { body: { phone } };
};
