import type { authContract } from '#contracts/auth/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';
import { announce, endSessions, forgetHalfSignIns, makeTokensStale } from '../data/sessions.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

type C = Consumers<typeof authContract, AuthContext>;

/**
 * A lost or new role acts at once: older tokens must be refreshed. Not when every session's token says the same
 * already, and not when there is no session: the first roles of a new person surprise nobody with a 401.
 */
export const assignmentChanged: C['assignmentChanged'] = async (ctx, event) => async (tx) => {
  const { userId, roles } = event.data;
  const { differ } = await tx.one<{ differ: boolean }>(sql`
    select coalesce(bool_or(roles <> ${[...roles].sort()}::text[]), false) as differ from sessions
    where user_id = ${userId} and ended_at is null`);
  if (differ) await makeTokensStale(tx, ctx, userId);
};

/** Later than any token that a replica with a fast clock has made. */
export const roleChanged: C['roleChanged'] = async (ctx, event) => async (tx) => {
  const { role } = event.data;
  const now = ctx.clock.now();
  const { validFrom } = await tx.one<{ validFrom: Date }>(sql`
    insert into role_changes (role, valid_from)
    select ${role}, greatest(${now}::timestamptz, (select max(last_used_at) + interval '1 millisecond' from sessions where ended_at is null and last_used_at > ${now}))
    on conflict (role) do update set valid_from = greatest(role_changes.valid_from, excluded.valid_from)
    returning valid_from as "validFrom"`);
  tx.afterCommit(() => announce(ctx, { userId: null, sessionIds: null, role, validFrom: validFrom.getTime() / 1000 }));
};

/** Users has asked by REST already; the event makes sure when that call was lost. What is older changes nothing. */
export const userBlocked: C['userBlocked'] = async (ctx, event) => async (tx) => {
  const { userId, until } = event.data;
  const version = event.sequence ?? 0n;
  const newer = await tx.run(sql`
    update accounts set locked = true, locked_until = ${until}, locked_version = ${version}
    where user_id = ${userId} and locked_version <= ${version}`);
  if (newer === 0) return;
  await endSessions(tx, ctx, userId, 'blocked');
  await forgetHalfSignIns(tx, userId);
};

export const userUnblocked: C['userUnblocked'] = async (_ctx, event) => async (tx) => {
  const version = event.sequence ?? 0n;
  await tx.run(sql`
    update accounts set locked = false, locked_until = null, locked_version = ${version}
    where user_id = ${event.data.userId} and locked_version <= ${version} and erased_at is null`);
};

/** What could sign in or name the person goes (P2). */
export const userErased: C['userErased'] = async (ctx, event) => async (tx) => {
  const { userId } = event.data;
  await forgetStoredReplies(tx, userId);
  await endSessions(tx, ctx, userId, 'erased');
  await forgetHalfSignIns(tx, userId);
  await tx.run(sql`delete from message_secrets where user_id = ${userId}`);
  await tx.run(sql`delete from recovery_codes where user_id = ${userId}`);
  await tx.run(sql`delete from appeal_tokens where user_id = ${userId}`);
  await tx.run(sql`delete from passkeys where user_id = ${userId}`);
  await tx.run(sql`delete from passkey_challenges where user_id = ${userId}`);
  await tx.run(sql`delete from guesses where subject = ${`account:${userId}`}`);
  await tx.run(sql`update sessions set device = '', place = '' where user_id = ${userId}`);
  await tx.run(sql`
    update accounts set email = '', email_key = ${`erased:${userId}`}, email_confirmed = false, password_hash = null, display_name = '', phone = null,
      totp_secret = null, totp_confirmed = false, factor_email = false, factor_sms = false, locked = true, locked_until = null, erased_at = ${ctx.clock.now()}
    where user_id = ${userId}`);
};
