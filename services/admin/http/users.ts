import { Problem } from '#kit/problem.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { listEntries } from '../data/audit.ts';
import { blocksOf, blockViews } from '../data/blocks.ts';
import { type ProposalRow, takeProposal } from '../data/proposals.ts';
import { isAbove } from '../domain/privilege.ts';
import { type HeavyAct, type HeavyRule, secondPerson } from '../second-person.ts';

type HeavyReq = Parameters<typeof secondPerson>[1];
/** How long the card waits for what is not its core. */
const PART_MS = 3_000;

export const listUsers: AdminHandlers['listUsers'] = async (ctx, req) => ({
  body: await ctx.clients.users.listUsers({ query: req.query }),
});

export const getUserCard: AdminHandlers['getUserCard'] = async (ctx, req) => {
  const { userId } = req.params;
  const { users, roles, orders, payments, support } = ctx.clients;
  // What another service knows is missing while it is away; the rest of the card is worth showing.
  const part = <T>(what: string, call: Promise<T>): Promise<T | null> =>
    call.catch((error: unknown) => {
      ctx.log.warn({ err: error, what }, 'a part of the card is missing');
      return null;
    });
  const params = { userId };
  const [user, rights, acts, blocks, deals, money, tickets] = await Promise.all([
    users.getUser({ params }),
    roles.getRights({ params }),
    listEntries(ctx.db, { targetKind: 'user', targetId: userId }, 20, undefined),
    blocksOf(ctx.db, userId),
    part('deals', orders.getPersonDeals({ params, timeoutMs: PART_MS })),
    part('money', payments.getPersonMoney({ params, timeoutMs: PART_MS })),
    part('tickets', support.listTickets({ query: { authorId: userId, limit: 10 }, timeoutMs: PART_MS })),
  ]);
  const recentActs = acts.map((act) => ({
    at: act.at.toISOString(),
    action: act.action,
    actorId: act.actorId,
    outcome: act.outcome,
    reason: act.reason,
  }));
  return {
    body: {
      user,
      roles: rights.roles,
      permissions: rights.permissions,
      blocks: await blockViews(ctx.db, blocks, req.locale),
      deals,
      money: money?.items ?? null,
      tickets: tickets?.items ?? null,
      recentActs,
    },
  };
};

/** The part of a user that the audit log keeps: no personal data. */
export function state(user: { status: string; blockedUntil: string | null; blockReason: string | null }) {
  return { status: user.status, blockedUntil: user.blockedUntil, blockReason: user.blockReason };
}

/** Nobody acts on himself or on somebody who may more than he. */
async function mayActOn(ctx: AdminContext, actor: Principal, userId: string): Promise<void> {
  if (actor.userId === userId) throw new Problem('admin.own_account');
  const [rights, { items: roles }] = await Promise.all([
    ctx.clients.roles.getRights({ params: { userId } }),
    ctx.clients.roles.listRoles({}),
  ]);
  if (isAbove(rights.permissions, actor.permissions, roles)) throw new Problem('admin.above_own');
}

/** The checks of a heavy act; the proposal that it confirms, if one of the rules that it falls under asks for one. */
export async function checkHeavy(
  ctx: AdminContext,
  req: HeavyReq,
  rules: readonly HeavyRule[],
  { userId, ...act }: Omit<HeavyAct, 'targetKind' | 'targetId'> & { readonly userId: string },
): Promise<ProposalRow | undefined> {
  await mayActOn(ctx, req.user, userId);
  return await secondPerson(ctx, req, rules, { ...act, targetKind: 'user', targetId: userId });
}

export async function endProposal(tx: Tx, proposal: ProposalRow | undefined) {
  if (proposal) await takeProposal(tx, proposal.proposalId);
  return proposal ? { proposedBy: proposal.proposedBy } : {};
}

export const eraseUser: AdminHandlers['eraseUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const { reason } = req.body;
  const action = 'user.erase';
  let proposal: ProposalRow | undefined;
  return await audited(
    ctx,
    req,
    { action, targetKind: 'user', targetId: userId, reason },
    {
      async check() {
        proposal = await checkHeavy(ctx, req, ['erasure'], { action, userId, reason, details: null });
      },
      call: () => ctx.clients.users.eraseUser({ params: { userId }, body: { actorId: req.user.userId, reason } }),
      write: async (tx, after) => ({
        body: after,
        after: { status: after.status, ...(await endProposal(tx, proposal)) },
      }),
    },
  );
};
