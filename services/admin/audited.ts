/** The one way in which an administrative act is done: it ends in the audit log, refused or not (D4, P4). */
import { COMMON_ERRORS } from '#contracts/common/problem.ts';
import type { Route } from '#contracts/common/define.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { isProblem, type Problem } from '#kit/problem.ts';
import type { Principal, Reply, Req } from '#kit/service/types.ts';
import type { AdminContext } from './context.ts';
import { appendEntry, type NewEntry } from './data/audit.ts';
import { redact } from './domain/redact.ts';

export interface Act {
  /** `user.block`, `setting.put` */
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly reason?: string | undefined;
  /** What was asked for; stands in the log when the act was refused or when `write` says nothing else. */
  readonly wanted?: unknown;
}

export interface Steps<R extends Route, T> {
  /** What must hold, and look-ups. Nothing has happened yet when it throws. */
  check?(): Promise<unknown>;
  /** The act as another service (or the transport) executes it. Not in a transaction. */
  call?(): Promise<T>;
  /** The state of this service, the answer, and what the log says; in the transaction of the log entry. */
  write(tx: Tx, result: T): Promise<Reply<R> & { before?: unknown; after?: unknown; targetId?: string }>;
}

type ActReq<R extends Route> = Pick<Req<R>, 'tx' | 'origin' | 'requestId'> & { readonly user: Principal };

/**
 * Does an act and logs it in one transaction; a `Problem` is logged as refused and thrown on. An act that is executed
 * elsewhere is noted before the call: if its end is never learnt (this process died, the answer was lost), the log
 * says `unknown` instead of nothing.
 */
export async function audited<R extends Route, T = undefined>(
  ctx: AdminContext,
  req: ActReq<R>,
  act: Act,
  steps: Steps<R, T>,
): Promise<Reply<R>> {
  const entryId = newId();
  const entry = (outcome: NewEntry['outcome'], more: Partial<NewEntry>): NewEntry => ({
    actorId: req.user.userId,
    action: act.action,
    targetKind: act.targetKind,
    targetId: act.targetId,
    reason: act.reason ?? null,
    address: req.origin.ip,
    requestId: req.requestId,
    outcome,
    after: act.wanted,
    ...more,
  });
  let stage: 'before' | 'calling' | 'called' = 'before';
  let written = false;
  try {
    await steps.check?.();
    if (steps.call) {
      const begun = JSON.stringify(redact(entry('unknown', {})));
      await ctx.db.run(
        sql`insert into pending_acts (entry_id, begun_at, entry) values (${entryId}, ${ctx.clock.now()}, ${begun}::jsonb)`,
      );
      stage = 'calling';
    }
    const result = (await steps.call?.()) as T;
    if (steps.call) stage = 'called';
    const answer = await req.tx(async (tx) => {
      const { before, after = act.wanted, targetId = act.targetId, ...reply } = await steps.write(tx, result);
      if (steps.call) await forgetPending(tx, entryId);
      await appendEntry(tx, ctx.auditKey, ctx.clock.now(), entry('done', { before, after, targetId }), { entryId });
      written = true;
      return reply as Reply<R>;
    });
    // A repeat under the same Idempotency-Key that ran beside the first one: the first one's entry stands.
    if (!written && steps.call) await forgetPending(ctx.db, entryId);
    return answer;
  } catch (error) {
    const code = isProblem(error) ? error.code : 'internal';
    const outcome = stage === 'called' || (stage === 'calling' && !isAnswer(ctx, error)) ? 'unknown' : 'refused';
    await ctx.db
      .tx(async (tx) => {
        if (stage !== 'before') await forgetPending(tx, entryId);
        await appendEntry(tx, ctx.auditKey, ctx.clock.now(), entry(outcome, { code }), { entryId });
      })
      // The fault that the caller should hear of is the first one; a pending act is logged by its job later.
      .catch((fault: unknown) => ctx.log.error({ err: fault, action: act.action }, 'an act could not be logged'));
    throw error;
  }
}

async function forgetPending(db: Queries, entryId: string): Promise<void> {
  await db.run(sql`delete from pending_acts where entry_id = ${entryId}`);
}

/** Whether the callee refused for sure; anything else may have happened over there. */
function isAnswer(ctx: AdminContext, error: unknown): error is Problem {
  if (!isProblem(error)) return false;
  const declared: Readonly<Record<string, { status: number }>> = { ...ctx.contract.errors, ...COMMON_ERRORS };
  const status = error.status ?? declared[error.code]?.status ?? 400;
  return status < 500;
}
