import { currentCall, remainingMs } from '#kit/call-context.ts';
import { sql } from '#kit/db/db.ts';
import { hashToken } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { DEFAULT_TIMEOUT_MS } from '#kit/service/dispatch.ts';
import type { AuthHandlers } from '../context.ts';
import { accountByRefreshToken, isLocked } from '../data/accounts.ts';
import { rotateRefreshToken } from '../data/refresh-tokens.ts';
import { endSessions, issue, rightsNow } from '../data/sessions.ts';
import { forgetTrusted } from '../data/trusted-devices.ts';
import { cookie, handOver, REFRESH_COOKIE } from './hand-over.ts';

/** How long the call has been on its way through us: a busy machine must not make a race look like a lost answer. */
function waited(): number {
  const call = currentCall();
  return call ? Math.max(0, DEFAULT_TIMEOUT_MS - remainingMs(call)) : 0;
}

export const refreshSession: AuthHandlers['refreshSession'] = async (ctx, req) => {
  const token = req.body.refreshToken ?? req.cookies[REFRESH_COOKIE];
  if (!token) throw new Problem('auth.refresh_wrong');
  // Whose rights: read beforehand, because no call belongs in a transaction.
  const account = await accountByRefreshToken(ctx.db, hashToken(token));
  if (!account || isLocked(account, ctx.clock.now())) throw new Problem('auth.refresh_wrong');
  const rights = await rightsNow(ctx, account.userId);
  const waitedMs = waited();
  const outcome = await ctx.db.tx(async (tx) => {
    const result = await rotateRefreshToken(tx, ctx, token, rights, { seenUnused: account.unused, waitedMs });
    if (result.kind === 'reused')
      await endSessions(tx, ctx, result.userId, 'refresh token reused', { only: result.sessionId });
    return result;
  });
  if (outcome.kind === 'raced') throw new Problem('auth.refresh_in_progress', { retryAfter: 1 });
  if (outcome.kind !== 'fine') throw new Problem('auth.refresh_wrong');
  const issued = await issue(ctx, account, outcome.session, rights, outcome.refreshToken);
  return handOver(ctx, issued, req.body.refreshToken === undefined ? 'cookie' : 'token');
};

export const listSessions: AuthHandlers['listSessions'] = async (ctx, req) => {
  const rows = await ctx.db.many<{
    sessionId: string;
    device: string;
    place: string;
    startedAt: Date;
    lastUsedAt: Date;
    factors: string[];
  }>(sql`
    select session_id as "sessionId", device, place, started_at as "startedAt", last_used_at as "lastUsedAt", factors from sessions
    where user_id = ${req.user.userId} and ended_at is null and last_used_at > ${new Date(ctx.clock.nowMs() - ctx.config.SESSION_TTL)}
    order by last_used_at desc limit 100`);
  return {
    body: {
      items: rows.map((row) => ({
        ...row,
        current: row.sessionId === req.user.sessionId,
        startedAt: row.startedAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
      })),
    },
  };
};

export const endCurrentSession: AuthHandlers['endCurrentSession'] = async (ctx, req) => {
  await ctx.db.tx((tx) => endSessions(tx, ctx, req.user.userId, 'sign-out', { only: req.user.sessionId }));
  return { body: null, headers: { 'set-cookie': cookie(ctx, REFRESH_COOKIE, '', 0) } };
};

export const endSession: AuthHandlers['endSession'] = async (ctx, req) => {
  const ended = await ctx.db.tx((tx) =>
    endSessions(tx, ctx, req.user.userId, 'ended by the person', { only: req.params.sessionId }),
  );
  if (ended.length === 0) throw new Problem('not_found');
  return { body: null };
};

export const endOtherSessions: AuthHandlers['endOtherSessions'] = async (ctx, req) => {
  await ctx.db.tx(async (tx) => {
    await endSessions(tx, ctx, req.user.userId, 'ended by the person', { keep: req.user.sessionId });
    await forgetTrusted(tx, req.user.userId);
  });
  return { body: null };
};
