/** What is done about an address that somebody typed, behind the answer that is the same for all (A1). */
import { z } from 'zod';
import { joiningConsents } from '#contracts/common/consents.ts';
import { countryCode, id, locale } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';
import { keepAgreement } from '../data/agreements.ts';
import { accountByEmail } from '../data/accounts.ts';
import { createAccount } from '../data/new-account.ts';
import { sendSecret } from '../data/secrets.ts';
import { endSessions } from '../data/sessions.ts';
import { emailKey } from '../domain/addresses.ts';

const joining = z.strictObject({
  person: z.strictObject({
    email: z.string(),
    displayName: z.string(),
    locale,
    country: countryCode.nullable(),
    phone: z.string().nullable(),
    timeZone: z.string(),
    roles: z.array(z.string()),
    referrerId: id.optional(),
  }),
  passwordHash: z.string(),
  consents: joiningConsents,
});

/** A registration: a new account, or a mail to who has one already. */
export const joinOrTell: Job<AuthContext, z.infer<typeof joining>> = {
  payload: joining,
  async run(ctx, { person, passwordHash, consents }) {
    await ctx.db.tx(async (tx) => {
      const now = ctx.clock.now();
      const made = await createAccount(tx, ctx, { ...person, passwordHash, confirmed: false });
      const known = made === undefined ? await accountByEmail(tx, emailKey(person.email)) : undefined;
      const userId = made ?? known?.userId;
      if (userId === undefined) return;
      const to = { userId, channel: 'email', destination: known?.email ?? person.email, now } as const;
      if (known && (known.emailConfirmed || known.passwordHash === null)) {
        // Somebody who forgot that he is here already, or invited, gets a mail.
        await sendSecret(tx, ctx.sealer, { ...to, purpose: 'already_registered', locale: known.locale });
        return;
      }
      // Each registration is an entry of the log, also of somebody who had begun one before.
      await keepAgreement(tx, { userId, termsVersion: null, privacyVersion: null }, consents, now);
      // Who registered the address first may not own it: the password that counts is that of the confirmed mail.
      const sent = await sendSecret(tx, ctx.sealer, {
        ...to,
        purpose: 'confirm_email',
        locale: person.locale,
        passwordHash,
      });
      if (!known || !sent) return;
      await tx.run(
        sql`update accounts set password_hash = ${passwordHash} where user_id = ${userId} and not email_confirmed`,
      );
      await endSessions(tx, ctx, userId, 'registered anew');
    });
  },
};

const addressed = z.strictObject({ email: z.string() });
type Addressed = Job<AuthContext, z.infer<typeof addressed>>;

export const sendConfirmation: Addressed = {
  payload: addressed,
  async run(ctx, { email }) {
    await ctx.db.tx(async (tx) => {
      const account = await accountByEmail(tx, emailKey(email));
      if (!account || account.emailConfirmed || account.passwordHash === null) return;
      const { userId, email: destination, locale: language, passwordHash } = account;
      const to = { userId, channel: 'email', destination, locale: language, now: ctx.clock.now() } as const;
      await sendSecret(tx, ctx.sealer, { ...to, purpose: 'confirm_email', passwordHash });
    });
  },
};

export const sendReset: Addressed = {
  payload: addressed,
  async run(ctx, { email }) {
    await ctx.db.tx(async (tx) => {
      const account = await accountByEmail(tx, emailKey(email));
      if (!account) return;
      const { userId, email: destination, locale: language } = account;
      const to = { userId, channel: 'email', destination, locale: language, now: ctx.clock.now() } as const;
      await sendSecret(tx, ctx.sealer, { ...to, purpose: 'reset_password' });
    });
  },
};
