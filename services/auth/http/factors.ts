import { Secret } from 'otpauth';
import { sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { type Account, accountById, factorsOf, lockAccount } from '../data/accounts.ts';
import { checkTotp, dropIdleRecoveryCodes, makeRecoveryCodes, totpOf } from '../data/factors.ts';
import { guarded, ownGuesser } from '../data/guesses.ts';
import { notice } from '../data/notices.ts';
import { forgetTrusted } from '../data/trusted-devices.ts';

export const listFactors: AuthHandlers['listFactors'] = async (ctx, req) => {
  const { userId } = req.user;
  const account = found(await accountById(ctx.db, userId));
  const counts = await ctx.db.one<{ recoveryCodesLeft: number; trustedDevices: number }>(sql`
    select (select count(*)::int from recovery_codes where user_id = ${userId} and used_at is null) as "recoveryCodesLeft",
      (select count(*)::int from trusted_devices where user_id = ${userId} and expires_at > ${ctx.clock.now()}) as "trustedDevices"`);
  return { body: { factors: factorsOf(account), ...counts } };
};

export const startTotp: AuthHandlers['startTotp'] = async (ctx, req) => {
  const account = found(await accountById(ctx.db, req.user.userId));
  const secret = new Secret({ size: 20 }).base32;
  const uri = totpOf(secret, account.email).toString();
  const sealed = await ctx.sealer.seal(secret);
  const begun = await ctx.db.run(sql`
    update accounts set totp_secret = ${sealed}, totp_last_step = 0 where user_id = ${account.userId} and not totp_confirmed`);
  if (begun === 0) throw new Problem('conflict', { detail: 'an authenticator app is on already' });
  const { toDataURL } = await import('qrcode');
  return { body: { secret, uri, qr: await toDataURL(uri) } };
};

/** Recovery codes come with the first factor; further ones leave them as they are. */
export async function codesWithFirstFactor(tx: Tx, before: Account): Promise<string[]> {
  return factorsOf(before).length === 0 ? await makeRecoveryCodes(tx, before.userId) : [];
}

export const confirmTotp: AuthHandlers['confirmTotp'] = async (ctx, req) => {
  const { userId } = req.user;
  const recoveryCodes = await guarded(ctx, ownGuesser(userId, req.origin), () =>
    ctx.db.tx(async (tx) => {
      const before = found(await lockAccount(tx, userId));
      if (before.totpConfirmed) throw new Problem('conflict', { detail: 'an authenticator app is on already' });
      if (!(await checkTotp(tx, ctx, userId, req.body.code))) return undefined;
      await tx.run(sql`update accounts set totp_confirmed = true where user_id = ${userId}`);
      notice(tx, ctx, userId, 'factor_added', req.origin);
      return await codesWithFirstFactor(tx, before);
    }),
  );
  if (!recoveryCodes) throw new Problem('auth.code_wrong');
  return { body: { recoveryCodes } };
};

export const enableFactor: AuthHandlers['enableFactor'] = async (ctx, req) => {
  const { userId } = req.user;
  const { kind } = req.params;
  const recoveryCodes = await ctx.db.tx(async (tx) => {
    const before = found(await lockAccount(tx, userId));
    if (kind === 'sms' && before.phone === null) throw new Problem('auth.phone_missing');
    if (factorsOf(before).includes(kind)) return [];
    await tx.run(
      kind === 'sms'
        ? sql`update accounts set factor_sms = true where user_id = ${userId}`
        : sql`update accounts set factor_email = true where user_id = ${userId}`,
    );
    notice(tx, ctx, userId, 'factor_added', req.origin);
    return await codesWithFirstFactor(tx, before);
  });
  return { body: { recoveryCodes } };
};

export const disableFactor: AuthHandlers['disableFactor'] = async (ctx, req) => {
  const { userId } = req.user;
  const { kind } = req.params;
  await ctx.db.tx(async (tx) => {
    const before = found(await lockAccount(tx, userId));
    const off = {
      totp: sql`update accounts set totp_secret = null, totp_confirmed = false where user_id = ${userId}`,
      email: sql`update accounts set factor_email = false where user_id = ${userId}`,
      sms: sql`update accounts set factor_sms = false where user_id = ${userId}`,
    }[kind];
    await tx.run(off);
    await dropIdleRecoveryCodes(tx, userId);
    if (factorsOf(before).includes(kind)) notice(tx, ctx, userId, 'factor_removed', req.origin);
  });
  return { body: null };
};

export const renewRecoveryCodes: AuthHandlers['renewRecoveryCodes'] = async (ctx, req) => ({
  body: {
    recoveryCodes: await ctx.db.tx(async (tx) => {
      const account = found(await lockAccount(tx, req.user.userId));
      if (factorsOf(account).length === 0) throw new Problem('conflict', { detail: 'no second factor is on' });
      notice(tx, ctx, account.userId, 'recovery_codes_renewed', req.origin);
      return await makeRecoveryCodes(tx, account.userId);
    }),
  },
});

export const forgetTrustedDevices: AuthHandlers['forgetTrustedDevices'] = async (ctx, req) => {
  await forgetTrusted(ctx.db, req.user.userId);
  return { body: null };
};
