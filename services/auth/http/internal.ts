import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountByEmail } from '../data/accounts.ts';
import { createAccount } from '../data/new-account.ts';
import { secretById, sendSecret } from '../data/secrets.ts';
import { endSessions, forgetHalfSignIns } from '../data/sessions.ts';
import { emailKey } from '../domain/addresses.ts';

export const checkSessions: AuthHandlers['checkSessions'] = async (ctx, req) => {
  const now = ctx.clock.now();
  const rows = await ctx.db.many<{ sessionId: string; active: boolean; validFrom: number }>(sql`
    select s.session_id as "sessionId",
      s.ended_at is null and a.erased_at is null and not (a.locked and (a.locked_until is null or a.locked_until > ${now})) as active,
      greatest(case when isfinite(a.rights_valid_from) then extract(epoch from a.rights_valid_from)::float8 else 0 end,
        coalesce((select max(extract(epoch from r.valid_from))::float8 from role_changes r where r.role = any(s.roles)), 0)) as "validFrom"
    from sessions s join accounts a using (user_id) where s.session_id = any(${req.body.sessionIds}::uuid[])`);
  return { body: { items: rows } };
};

export const lockUser: AuthHandlers['lockUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const { locked, until } = req.body;
  await ctx.db.tx(async (tx) => {
    await tx.run(sql`update accounts set locked = ${locked}, locked_until = ${until} where user_id = ${userId}`);
    if (!locked) return;
    await endSessions(tx, ctx, userId, 'blocked');
    await forgetHalfSignIns(tx, userId);
  });
  return { body: null };
};

export const getMessageSecret: AuthHandlers['getMessageSecret'] = async (ctx, req) => {
  const row = found(await secretById(ctx.db, req.params.secretId, ctx.clock.now()));
  return {
    body: {
      secretId: row.secretId,
      userId: row.userId,
      destination: row.destination,
      locale: row.locale,
      expiresAt: row.expiresAt.toISOString(),
      code: row.codeSealed && (await ctx.sealer.open(row.codeSealed)),
      linkToken: row.linkSealed && (await ctx.sealer.open(row.linkSealed)),
    },
  };
};

export const createInvitation: AuthHandlers['createInvitation'] = async (ctx, req) => {
  const { email, displayName, roles, locale } = req.body;
  const unused = { country: null, phone: null, timeZone: 'Europe/Moscow', passwordHash: null, confirmed: false };
  return await req.tx(async (tx) => {
    const made = await createAccount(tx, ctx, { email, displayName, locale, roles, ...unused });
    const known = made ? undefined : await accountByEmail(tx, emailKey(email));
    // Somebody invited before who has not come yet is invited again; his roles stay those of the first invitation.
    const userId = made ?? (known && known.passwordHash === null && known.passkeys === 0 ? known.userId : undefined);
    if (userId === undefined) throw new Problem('auth.email_taken');
    const now = ctx.clock.now();
    const secret = await sendSecret(tx, ctx.sealer, {
      userId,
      purpose: 'invitation',
      channel: 'email',
      destination: email,
      locale,
      now,
    });
    if (!secret) throw new Problem('too_many_requests', { retryAfter: 3_600 });
    return { body: { invitationId: secret.secretId, userId, expiresAt: secret.expiresAt.toISOString() } };
  });
};
