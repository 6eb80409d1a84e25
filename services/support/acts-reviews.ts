/** What support does to a review, in orders (S3). */
import { supportEvents } from '#contracts/support/events.ts';
import type { SupportContext } from './context.ts';
import type { Act, TicketRow } from './data/tickets.ts';
import { type Finish, isRefusal } from './refusal.ts';
import { say, takeStep } from './step.ts';

type ReviewAct = Act & { readonly kind: 'delete_review' | 'redact_review' | 'restore_review' };
type Whose = { readonly authorId: string; readonly targetId: string };

const WHAT = { delete_review: 'deleted', redact_review: 'redacted', restore_review: 'restored' } as const;

/** The author and the target of the review hear of it with the justification. */
export async function changeReview(ctx: SupportContext, ticket: TicketRow, act: ReviewAct): Promise<Finish> {
  const reviewId = ticket.reviewId as string;
  const { actorId, justification } = act;
  const { authorId, targetId } = await call(ctx, reviewId, act);
  return async (tx, row) => {
    const now = ctx.clock.now();
    const actor = { kind: act.actorKind, id: actorId };
    await takeStep(tx, row, {
      action: act.kind,
      actor,
      reason: justification,
      set: { pending: null, done: act },
      now,
    });
    await say(tx, row.ticketId, { actor, text: justification, now });
    tx.emit(supportEvents.reviewDeletionNoticed, reviewId, {
      reviewId,
      authorId,
      targetId,
      ticketId: row.ticketId,
      ground: act.kind === 'restore_review' ? 'appeal_upheld' : act.ground,
      justification,
      ...(act.kind === 'delete_review' ? {} : { what: WHAT[act.kind] }),
    });
  };
}

async function call(ctx: SupportContext, reviewId: string, act: ReviewAct): Promise<Whose> {
  const { actorId, justification, id: idempotencyKey } = act;
  const params = { reviewId };
  const { orders } = ctx.clients;
  if (act.kind === 'redact_review') {
    const { ground, parts } = act;
    const body = { actorId, ground, justification, parts: [...parts] };
    return await orders.redactReview({ params, body, idempotencyKey });
  }
  if (act.kind === 'restore_review')
    return await orders.restoreReview({ params, body: { actorId, justification }, idempotencyKey });
  return await orders
    .deleteReview({ params, body: { actorId, ground: act.ground, justification }, idempotencyKey })
    .catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      const now = await orders.getReview({ params });
      if (now.deletedAt === null) throw error;
      return now;
    });
}
