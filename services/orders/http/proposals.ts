import type { ordersContract } from '#contracts/orders/index.ts';
import { type Sql, sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { requestHold } from '../data/holds.ts';
import { planMilestones } from '../data/milestones.ts';
import { lockOrder, type Order, orderById } from '../data/orders.ts';
import { decideProposal, type Proposal, proposalById, type Terms } from '../data/proposals.ts';
import { agreeCancellation, raiseProposal } from '../endings.ts';
import { move, refuse, type Step } from '../step.ts';
import { answer } from './answer.ts';
import { requireFuture, toMillis } from './drafts.ts';
import { requireParty } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/** Whether the terms fit the deal: its currency, what it holds, a date to come. */
function checkTerms(order: Order, terms: Terms, now: Date): void {
  const fault = (field: string, detail: string) =>
    new Problem('validation_failed', { errors: [{ pointer: `/body/terms/${field}`, detail }] });
  if (terms.kind === 'deadline' || terms.kind === 'scope') requireFuture(terms.dueAt, now, '/body/terms/dueAt');
  const sum =
    terms.kind === 'scope'
      ? terms.extra
      : terms.kind === 'cancellation'
        ? terms.freelancerAmount
        : terms.kind === 'rate'
          ? terms.rate
          : null;
  if (sum && sum.currency !== order.currency) throw fault('currency', `the deal is in ${order.currency}`);
  if (terms.kind === 'cancellation' && BigInt(terms.freelancerAmount.amount) > order.held)
    throw fault('freelancerAmount', `not more than is held: ${order.held}`);
  const hourly = order.pricing === 'hourly';
  if (
    hourly &&
    (terms.kind === 'deadline' ||
      terms.kind === 'milestone' ||
      (terms.kind === 'scope' && (terms.extra || terms.dueAt)))
  )
    throw fault('kind', 'an hourly deal has no date and no parts; propose another rate or cap instead');
  if (!hourly && terms.kind === 'rate') throw fault('kind', 'the deal is not paid by the hour');
  if (terms.kind === 'milestone' && !order.byMilestones)
    throw fault('kind', 'the deal does not go by milestones; propose other work with an extra instead');
}

export const propose: H['propose'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), userId);
    const { terms, reason } = req.body;
    checkTerms(order, terms, ctx.clock.now());
    const action = terms.kind === 'cancellation' && side === 'client' ? 'propose_cancellation' : 'propose';
    const step = { action, actor: side, actorId: userId, reason, locale: req.locale } as const;
    return await answer(tx, await raiseProposal(tx, ctx, order, step, terms), req);
  });

async function lockProposal(
  tx: Tx,
  req: { params: { orderId: string; proposalId: string }; user: { userId: string } },
) {
  const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
  const proposal = found(await proposalById(tx, order.orderId, req.params.proposalId));
  return { order, side, proposal };
}

function requireOpen(proposal: Proposal, locale: Step['locale']): void {
  if (proposal.status !== 'open') throw refuse('no_proposal', locale);
}

export const consentToProposal: H['consentToProposal'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, proposal } = await lockProposal(tx, req);
    requireOpen(proposal, req.locale);
    const by = { actor: side, actorId: req.user.userId, locale: req.locale } as const;
    const { terms } = proposal;
    if (terms.kind === 'cancellation') return await answer(tx, await agreeCancellation(tx, ctx, order, by), req);
    if (terms.kind === 'deadline' || terms.kind === 'scope')
      requireFuture(terms.dueAt, ctx.clock.now(), '/terms/dueAt');
    const extra = terms.kind === 'scope' ? terms.extra : null;
    const at = ctx.clock.now();
    // Work that costs more begins when the money is held; without it the proposal is refused.
    const set = extra ? [] : await applied(tx, order, terms);
    const after = await move(tx, ctx, order, { ...by, action: 'agree', changes: { agreed: terms }, set, retime: true });
    await decideProposal(tx, after, proposal, extra ? 'funding' : 'agreed', {
      actorId: by.actorId,
      at,
      action: 'agree',
    });
    if (extra) {
      const freelancerId = found(order.freelancerId);
      const { proposalId } = proposal;
      await requestHold(tx, after, { purpose: 'extra', proposalId, amount: BigInt(extra.amount), freelancerId, at });
    }
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });

/** What the agreed terms change on the order: assignments of an UPDATE. */
export async function applied(tx: Tx, order: Order, terms: Terms): Promise<Sql[]> {
  if (terms.kind === 'milestone') {
    await planMilestones(tx, order.orderId, [terms.milestone]);
    return [sql`price = price + ${terms.milestone.amount}`];
  }
  if (terms.kind === 'cancellation') return [];
  // Weeks that are held already keep theirs.
  if (terms.kind === 'rate') return [sql`price = ${terms.rate.amount}, weekly_hours = ${terms.weeklyHours}`];
  const dueAt = terms.dueAt ? [sql`due_at = ${toMillis(terms.dueAt)}`] : [];
  if (terms.kind === 'deadline') return dueAt;
  const addendum = `${order.description}\n\n${terms.text}`.slice(0, 40_000);
  const extra = terms.extra ? [sql`price = price + ${terms.extra.amount}`] : [];
  return [sql`description = ${addendum}`, ...dueAt, ...extra];
}

export const refuseProposal: H['refuseProposal'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, proposal } = await lockProposal(tx, req);
    requireOpen(proposal, req.locale);
    const step = { action: 'refuse_proposal', actor: side, actorId: req.user.userId, locale: req.locale } as const;
    const after = await move(tx, ctx, order, step);
    await decideProposal(tx, after, proposal, 'refused', { ...step, at: ctx.clock.now() });
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });

export const withdrawProposal: H['withdrawProposal'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, proposal } = await lockProposal(tx, req);
    requireOpen(proposal, req.locale);
    const step = { action: 'withdraw_proposal', actor: side, actorId: req.user.userId, locale: req.locale } as const;
    const after = await move(tx, ctx, order, step);
    await decideProposal(tx, after, proposal, 'withdrawn', { ...step, at: ctx.clock.now() });
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });
