/** Acts that two admins do together: the first proposes by asking, the second confirms by asking for the same. */
import type { SettingValue } from '#contracts/admin/settings.ts';
import type { Route } from '#contracts/common/define.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { Principal, Reply, Req } from '#kit/service/types.ts';
import { audited } from './audited.ts';
import type { AdminContext } from './context.ts';
import { addProposal, openProposal, type ProposalRow } from './data/proposals.ts';
import { canonical } from './domain/chain.ts';
import { settingVersions, valueInForce } from './data/settings.ts';

/** How long a proposal waits, milliseconds. */
const WAITS_MS = 7 * 24 * 3_600_000;

export type HeavyRule = keyof SettingValue<'admin.second-person'>;
export interface HeavyAct {
  readonly action: string;
  /** `user`, `backup` */
  readonly targetKind: string;
  readonly targetId: string;
  readonly reason: string;
  /** What the second person has to ask for as well. */
  readonly details: unknown;
}

/**
 * The proposal that this call confirms, or undefined when the act needs no second person. Otherwise writes the proposal
 * and refuses with `admin.second_admin_needed`.
 */
export async function secondPerson<R extends Route>(
  ctx: AdminContext,
  req: Pick<Req<R>, 'tx' | 'origin' | 'requestId'> & { readonly user: Principal },
  rules: readonly HeavyRule[],
  act: HeavyAct,
): Promise<ProposalRow | undefined> {
  const versions = await settingVersions(ctx.db, 'admin.second-person');
  const now = ctx.clock.now();
  const setting = valueInForce('admin.second-person', versions, now);
  if (!rules.some((rule) => setting[rule])) return undefined;
  const { action, targetKind, targetId, reason, details } = act;
  const waiting = await openProposal(ctx.db, action, targetId, now);
  if (waiting && waiting.proposedBy !== req.user.userId) {
    if (canonical(waiting.details) !== canonical(details)) throw new Problem('admin.proposal_differs');
    return waiting;
  }
  if (!waiting) {
    const what = { proposalId: newId(), action, targetId, reason, details };
    const proposal = { ...what, proposedBy: req.user.userId, proposedAt: now };
    await audited(
      ctx,
      // Kept although the call is refused: not in the transaction of its Idempotency-Key.
      { ...req, tx: (work) => ctx.db.tx(work) },
      { action: `${action}.propose`, targetKind, targetId, reason, wanted: details },
      {
        async write(tx): Promise<Reply<Route>> {
          await addProposal(tx, { ...proposal, expiresAt: new Date(now.getTime() + WAITS_MS) });
          return { body: null as never };
        },
      },
    );
  }
  throw new Problem('admin.second_admin_needed');
}
