import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountById, lockAccount } from '../data/accounts.ts';
import { dropIdleRecoveryCodes } from '../data/factors.ts';
import { notice } from '../data/notices.ts';
import { checkAttestation, keepPasskey, MOST_PASSKEYS, passkeysOf, startAdding } from '../data/passkeys.ts';
import { codesWithFirstFactor } from './factors.ts';

type Passkey = Awaited<ReturnType<typeof passkeysOf>>[number];
const view = ({ passkeyId, name, createdAt, lastUsedAt }: Passkey) => ({
  passkeyId,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export const listPasskeys: AuthHandlers['listPasskeys'] = async (ctx, req) => ({
  body: { items: (await passkeysOf(ctx.db, req.user.userId)).map(view) },
});

export const startPasskey: AuthHandlers['startPasskey'] = async (ctx, req) => {
  const account = found(await accountById(ctx.db, req.user.userId));
  if (account.passkeys >= MOST_PASSKEYS) throw new Problem('auth.too_many_passkeys');
  return { body: await startAdding(ctx, account) };
};

export const addPasskey: AuthHandlers['addPasskey'] = async (ctx, req) => {
  const { userId } = req.user;
  const { challengeId, name, attestation } = req.body;
  const made = await checkAttestation(ctx, userId, challengeId, attestation);
  if (!made) throw new Problem('auth.passkey_wrong');
  const body = await ctx.db.tx(async (tx) => {
    const before = found(await lockAccount(tx, userId));
    if (before.passkeys >= MOST_PASSKEYS) throw new Problem('auth.too_many_passkeys');
    const taken = await tx.maybe(sql`select 1 from passkeys where credential_id = ${made.credentialId}`);
    if (taken) throw new Problem('auth.passkey_wrong');
    const passkeyId = await keepPasskey(tx, userId, made, name, ctx.clock.now());
    notice(tx, ctx, userId, 'factor_added', req.origin);
    return { passkeyId, recoveryCodes: await codesWithFirstFactor(tx, before) };
  });
  return { body };
};

export const renamePasskey: AuthHandlers['renamePasskey'] = async (ctx, req) => {
  const { userId } = req.user;
  const { passkeyId } = req.params;
  const body = await ctx.db.tx(async (tx) => {
    await tx.run(
      sql`update passkeys set name = ${req.body.name} where passkey_id = ${passkeyId} and user_id = ${userId}`,
    );
    return view(found((await passkeysOf(tx, userId)).find((one) => one.passkeyId === passkeyId)));
  });
  return { body };
};

export const removePasskey: AuthHandlers['removePasskey'] = async (ctx, req) => {
  const { userId } = req.user;
  await ctx.db.tx(async (tx) => {
    const removed = await tx.run(
      sql`delete from passkeys where passkey_id = ${req.params.passkeyId} and user_id = ${userId}`,
    );
    if (removed === 0) throw new Problem('not_found');
    await dropIdleRecoveryCodes(tx, userId);
    notice(tx, ctx, userId, 'factor_removed', req.origin);
  });
  return { body: null };
};
