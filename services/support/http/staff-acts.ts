/** What support decides about a review and orders executes (S3). Also used for the administration's decisions. */
import { isDeepStrictEqual } from 'node:util';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import { begin, finishAct } from '../acts.ts';
import type { SupportContext, SupportHandlers } from '../context.ts';
import { type Act, lockTicket, readTicketRow, type TicketRow } from '../data/tickets.ts';
import { decide } from '../domain/life.ts';
import type { Actor } from '../step.ts';
import { isOwn, requireNotOwn, threadOf } from '../views.ts';

type Decision =
  | { readonly kind: 'delete_review'; readonly ground: string; readonly justification: string }
  | {
      readonly kind: 'redact_review';
      readonly ground: string;
      readonly justification: string;
      readonly parts: readonly string[];
    }
  | { readonly kind: 'restore_review'; readonly justification: string };

/** Executes a decision on a ticket; the same decision again changes nothing. */
export async function execute(ctx: SupportContext, ticketId: string, actor: Actor, decision: Decision): Promise<void> {
  const ticket = found(await readTicketRow(ctx.db, ticketId));
  if (isSame(ticket.done, decision)) return;
  if (!isSame(ticket.pending, decision)) {
    await check(ctx, ticket, actor, decision);
    const act: Act = { ...decision, id: newId(), actorId: actor.id as string, actorKind: actor.kind };
    await ctx.db.tx(async (tx) => {
      const row = found(await lockTicket(tx, ticketId));
      if (isSame(row.pending, decision) || isSame(row.done, decision)) return;
      requirePossible(row, actor, decision.kind);
      await begin(ctx, tx, ticketId, act);
    });
  }
  await finishAct(ctx, ticketId);
}

function isSame(act: Act | null, decision: Decision): boolean {
  if (act === null) return false;
  const { id: _id, actorId: _actorId, actorKind: _actorKind, ...rest } = act;
  return isDeepStrictEqual(rest, decision);
}

/** Refuses before anything is begun what the state of the ticket does not allow. */
export function requirePossible(ticket: TicketRow, actor: Actor, kind: Decision['kind'] | 'settle'): void {
  if (ticket.pending !== null)
    throw new Problem('support.step_refused', { detail: 'a decision on this ticket is being carried out' });
  if (kind === 'settle' && ticket.dispute !== 'open') throw new Problem('support.not_dispute');
  // A review that was taken down comes back by an appeal, and an appeal leads to nothing else.
  const reviewFits = ticket.reviewId !== null && (ticket.kind === 'appeal') === (kind === 'restore_review');
  if (kind !== 'settle' && !reviewFits) throw new Problem('support.no_review');
  if (decide({ status: ticket.status, assigned: true }, kind, actor.kind) === undefined)
    throw new Problem('support.step_refused', { detail: `${kind} is not possible while ${ticket.status}` });
}

async function check(ctx: SupportContext, ticket: TicketRow, actor: Actor, decision: Decision): Promise<void> {
  requirePossible(ticket, actor, decision.kind);
  if (isOwn(ticket, actor.id as string)) throw new Problem('support.own_ticket');
  const review = await ctx.clients.orders.getReview({ params: { reviewId: ticket.reviewId as string } });
  if (review.authorId === actor.id || review.targetId === actor.id) throw new Problem('support.own_ticket');
  if (decision.kind === 'restore_review' && review.moderatedBy === actor.id) throw new Problem('support.same_person');
}

export const deleteTicketReview: SupportHandlers['deleteTicketReview'] = async (ctx, req) => {
  await executeAsStaff(ctx, req, { kind: 'delete_review', ...req.body });
  return await req.tx(async (tx) => await staffThread(ctx, req, tx));
};

export const redactTicketReview: SupportHandlers['redactTicketReview'] = async (ctx, req) => {
  await executeAsStaff(ctx, req, { kind: 'redact_review', ...req.body });
  return await req.tx(async (tx) => await staffThread(ctx, req, tx));
};

export const restoreTicketReview: SupportHandlers['restoreTicketReview'] = async (ctx, req) => {
  await executeAsStaff(ctx, req, { kind: 'restore_review', ...req.body });
  return await req.tx(async (tx) => await staffThread(ctx, req, tx));
};

type StaffReq = Pick<Parameters<SupportHandlers['deleteTicketReview']>[1], 'params' | 'user' | 'locale'>;

async function executeAsStaff(ctx: SupportContext, req: StaffReq, decision: Decision): Promise<void> {
  const { ticketId } = req.params;
  requireNotOwn(await readTicketRow(ctx.db, ticketId), req.user.userId);
  await execute(ctx, ticketId, { kind: 'support', id: req.user.userId }, decision);
}

async function staffThread(ctx: SupportContext, req: StaffReq, db: Parameters<typeof threadOf>[0]) {
  const ticket = found(await readTicketRow(db, req.params.ticketId));
  return await threadOf(db, ticket, {
    userId: req.user.userId,
    staff: true,
    locale: req.locale,
    now: ctx.clock.now(),
  });
}
