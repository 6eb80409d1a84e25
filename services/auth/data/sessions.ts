import { authEvents, SESSIONS_CHANNEL, type SessionsBroadcast } from '#contracts/auth/events.ts';
import type { RequiredConsent } from '#contracts/common/consents.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { Origin } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';
import { deviceOf, placeOf } from '../domain/addresses.ts';
import type { Account } from './accounts.ts';
import { outdatedOf } from './agreements.ts';
import { forgetGuesses } from './guesses.ts';
import { addRefreshToken } from './refresh-tokens.ts';

export interface Issued {
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  userId: string;
  emailConfirmed: boolean;
  outdated: RequiredConsent[];
  roles: string[];
  permissions: string[];
}

export interface SessionRow {
  sessionId: string;
  authTime: Date;
  factors: string[];
}

export interface Rights {
  roles: string[];
  permissions: string[];
  /** The moment before they were asked for, which a token with them bears: a change after it makes the token stale. */
  asOf: Date;
}

/**
 * Rights as they stand now (I12). Asked before the transaction that issues tokens. The moment is never before the last
 * change of rights that is known here, so that replicas whose clocks differ don't make tokens that are stale at birth.
 */
export async function rightsNow(ctx: AuthContext, userId: string): Promise<Rights> {
  const { floor } = await ctx.db.one<{ floor: Date | null }>(sql`
    select greatest(nullif(rights_valid_from, '-infinity'), (select max(valid_from) from role_changes)) as floor
    from accounts where user_id = ${userId}`);
  const asOf = new Date(Math.max(ctx.clock.nowMs(), floor?.getTime() ?? 0));
  const { roles, permissions } = await ctx.clients.roles.getRights({ params: { userId } });
  return { roles, permissions, asOf };
}

/** Starts a session after a full sign-in: what was guessed before does not count any more. */
export async function startSession(
  ctx: AuthContext,
  account: Account,
  origin: Origin,
  factors: string[],
): Promise<Issued> {
  const { userId } = account;
  const rights = await rightsNow(ctx, userId);
  const now = ctx.clock.now();
  const sessionId = newId();
  const device = deviceOf(origin.userAgent);
  const place = placeOf(origin.ip);
  const refreshToken = await ctx.db.tx(async (tx) => {
    forgetGuesses(tx, userId);
    // Of the sessions before this one: a statement does not see what it inserts.
    const { known, any } = await tx.one<{ known: boolean; any: boolean }>(sql`
      insert into sessions (session_id, user_id, started_at, last_used_at, auth_time, device, place, factors, roles)
      values (${sessionId}, ${userId}, ${now}, ${rights.asOf}, ${now}, ${device}, ${place}, ${factors}, ${[...rights.roles].sort()})
      returning exists (select 1 from sessions where user_id = ${userId} and device = ${device}) as known,
        exists (select 1 from sessions where user_id = ${userId}) as any`);
    tx.emit(authEvents.signedIn, userId, { userId, sessionId, factors });
    if (any && !known)
      tx.emit(authEvents.securityNotice, userId, { userId, kind: 'new_device', device, place, at: now.toISOString() });
    return addRefreshToken(tx, ctx, sessionId, now);
  });
  return await issue(ctx, account, { sessionId, authTime: now, factors }, rights, refreshToken);
}

/** Signs an access token. Without a refresh token the client keeps the one it has. */
export async function issue(
  ctx: AuthContext,
  account: Account,
  session: SessionRow,
  rights: Rights,
  refreshToken?: string,
): Promise<Issued> {
  const { userId, emailConfirmed, locale } = account;
  const { roles, permissions } = rights;
  const outdated = outdatedOf(account);
  const claims = {
    sub: userId,
    sid: session.sessionId,
    auth_time: Math.floor(session.authTime.getTime() / 1000),
    amr: session.factors,
    roles,
    perms: permissions,
    ec: emailConfirmed,
    ag: outdated.length === 0,
    loc: locale,
  };
  const accessToken = await ctx.keyring.sign(claims, rights.asOf.getTime(), ctx.config.ACCESS_TOKEN_TTL);
  const expiresIn = Math.floor(ctx.config.ACCESS_TOKEN_TTL / 1000);
  return { accessToken, expiresIn, refreshToken, userId, emailConfirmed, outdated, roles, permissions };
}

/**
 * Makes all tokens of a person issued until now stale: clients refresh them and get what holds now. Later than any
 * token that a replica with a fast clock has made.
 */
export async function makeTokensStale(tx: Tx, ctx: AuthContext, userId: string, at = ctx.clock.now()): Promise<void> {
  const { validFrom } = await tx.one<{ validFrom: Date }>(sql`
    update accounts set rights_valid_from = greatest(rights_valid_from, ${at},
      (select max(last_used_at) + interval '1 millisecond' from sessions where user_id = ${userId} and ended_at is null and last_used_at > ${at}))
    where user_id = ${userId} returning rights_valid_from as "validFrom"`);
  tx.afterCommit(() => announce(ctx, { userId, sessionIds: null, role: null, validFrom: validFrom.getTime() / 1000 }));
}

/** Ends sessions and tells every gateway, at the commit. `only`: just this one. `keep`: the one that goes on. */
export async function endSessions(
  tx: Tx,
  ctx: AuthContext,
  userId: string,
  reason: string,
  options: { only?: string; keep?: string } = {},
): Promise<string[]> {
  const { only = null, keep = null } = options;
  const rows = await tx.many<{ sessionId: string }>(sql`
    update sessions set ended_at = ${ctx.clock.now()}, end_reason = ${reason}
    where user_id = ${userId} and ended_at is null
      and (${only}::uuid is null or session_id = ${only}) and (${keep}::uuid is null or session_id <> ${keep})
    returning session_id as "sessionId"`);
  const sessionIds = rows.map((row) => row.sessionId);
  if (sessionIds.length === 0) return [];
  await tx.run(sql`delete from refresh_tokens where session_id = any(${sessionIds}::uuid[])`);
  tx.emit(authEvents.sessionsEnded, userId, { userId, sessionIds, reason });
  tx.afterCommit(() => announce(ctx, { userId, sessionIds, role: null, validFrom: null }));
  return sessionIds;
}

/** A sign-in that was begun or is remembered must not outlive what it was based on. */
export async function forgetHalfSignIns(tx: Tx, userId: string): Promise<void> {
  await tx.run(sql`delete from interim_tokens where user_id = ${userId}`);
  await tx.run(sql`delete from trusted_devices where user_id = ${userId}`);
}

export function announce(ctx: AuthContext, message: SessionsBroadcast): void {
  ctx.bus.broadcast(SESSIONS_CHANNEL, message);
}
