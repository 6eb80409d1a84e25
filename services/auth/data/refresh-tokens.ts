import { sql, type Tx } from '#kit/db/db.ts';
import { hashToken, randomToken } from '#kit/ids.ts';
import type { AuthContext } from '../context.ts';
import { createSealer } from '../domain/sealing.ts';
import { makeTokensStale, type Rights, type SessionRow } from './sessions.ts';

/** So long after its use a token may come again for its successor, if that one is unused: the answer may have been lost. */
const GRACE_MS = 20_000;
/** Calls that came at the same moment are a race, not a lost answer: one wins, the others are told to wait. */
const RACE_MS = 1_000;

export function addRefreshToken(tx: Tx, ctx: AuthContext, sessionId: string, now: Date): string {
  const token = randomToken(32);
  const expiresAt = new Date(now.getTime() + ctx.config.SESSION_TTL);
  tx.send(
    sql`insert into refresh_tokens (token_hash, session_id, issued_at, expires_at) values (${hashToken(token)}, ${sessionId}, ${now}, ${expiresAt})`,
  );
  return token;
}

export type RefreshOutcome =
  | { kind: 'wrong' }
  | { kind: 'raced' }
  /** A used token came again: somebody has a copy. The whole session ends. */
  | { kind: 'reused'; sessionId: string; userId: string }
  | { kind: 'fine'; session: SessionRow; refreshToken: string };

interface TokenRow extends SessionRow {
  userId: string;
  roles: string[];
  usedAt: Date | null;
  replacedBy: string | null;
  successorSealed: string | null;
  expiresAt: Date;
}

/** Uses a refresh token up and makes the next one (A3). */
export async function rotateRefreshToken(
  tx: Tx,
  ctx: AuthContext,
  token: string,
  rights: Rights,
  /** It was unused when this call came, or the call has waited so long since it came. */
  of: { seenUnused: boolean; waitedMs: number },
): Promise<RefreshOutcome> {
  const now = ctx.clock.now();
  const row = await tx.maybe<TokenRow>(sql`
    select session_id as "sessionId", user_id as "userId", auth_time as "authTime", factors, roles, used_at as "usedAt",
      replaced_by as "replacedBy", successor_sealed as "successorSealed", expires_at as "expiresAt"
    from refresh_tokens t join sessions s using (session_id)
    where t.token_hash = ${hashToken(token)} and s.ended_at is null for update`);
  if (!row || row.expiresAt < now) return { kind: 'wrong' };
  const { sessionId, userId } = row;
  const used = sql`update sessions set last_used_at = ${rights.asOf}, roles = ${[...rights.roles].sort()} where session_id = ${sessionId}`;
  let refreshToken: string;
  if (row.usedAt === null) {
    refreshToken = randomToken(32);
    const sealed = await createSealer(token).seal(refreshToken);
    tx.send(sql`
      with next as (
        insert into refresh_tokens (token_hash, session_id, issued_at, expires_at)
        values (${hashToken(refreshToken)}, ${sessionId}, ${now}, ${new Date(now.getTime() + ctx.config.SESSION_TTL)})
      ), old as (
        update refresh_tokens set used_at = ${now}, replaced_by = ${hashToken(refreshToken)}, successor_sealed = ${sealed}
        where token_hash = ${hashToken(token)}
      ) ${used}`);
  } else {
    if (of.seenUnused) return { kind: 'raced' };
    const again = await successorOf(tx, token, row, now.getTime() - of.waitedMs);
    if (again === 'raced') return { kind: 'raced' };
    if (again === undefined) return { kind: 'reused', sessionId, userId };
    refreshToken = again;
    await tx.run(used);
  }
  // The token that this one replaces, and those of other sessions, still grant what was lost.
  if (row.roles.some((role) => !rights.roles.includes(role))) await makeTokensStale(tx, ctx, userId, rights.asOf);
  return { kind: 'fine', session: row, refreshToken };
}

/** The one next token of a used one, for as long as it may be given again. */
async function successorOf(
  tx: Tx,
  token: string,
  row: TokenRow,
  cameAt: number,
): Promise<string | 'raced' | undefined> {
  const since = cameAt - (row.usedAt as Date).getTime();
  if (since < RACE_MS) return 'raced';
  if (since > GRACE_MS || row.successorSealed === null) return undefined;
  const successor = await tx.maybe<{ usedAt: Date | null }>(
    sql`select used_at as "usedAt" from refresh_tokens where token_hash = ${row.replacedBy} for update`,
  );
  if (!successor || successor.usedAt !== null) return undefined;
  return await createSealer(token).open(row.successorSealed);
}
