/** S3: what support does to a review. Deleting or restoring twice changes nothing. */
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { reviewById } from './reviews.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/** What stands where support has made a part of a review unreadable. */
const MARK = '[…]';

export const getReview: H['getReview'] = async (ctx, req) => {
  const row = found(await reviewById(ctx.db, req.params.reviewId));
  const { reviewId, orderId, authorId, targetId, rating, text, original, moderatedBy } = row;
  return {
    body: {
      reviewId,
      orderId,
      authorId,
      targetId,
      rating,
      text,
      original,
      moderatedBy,
      publishedAt: row.publishedAt?.toISOString() ?? null,
      deletedAt: row.deletedAt?.toISOString() ?? null,
      redactedAt: row.redactedAt?.toISOString() ?? null,
    },
  };
};

export const deleteReview: H['deleteReview'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { actorId, justification } = req.body;
    const review = found(await reviewById(tx, req.params.reviewId));
    const now = ctx.clock.now();
    const done = await tx.maybe<{ revision: number }>(
      sql`update reviews set deleted_at = ${now}, justification = ${justification}, moderated_by = ${actorId}, revision = revision + 1 where review_id = ${review.reviewId} and deleted_at is null returning revision`,
    );
    const { reviewId, orderId, authorId, targetId, rating } = review;
    if (done)
      tx.emit(
        ordersEvents.reviewDeleted,
        reviewId,
        { reviewId, orderId, authorId, targetId, rating, actorId, justification },
        done.revision,
      );
    return { body: { reviewId, authorId, targetId, deletedAt: (review.deletedAt ?? now).toISOString() } };
  });

/** The parts give way to a mark; nothing else of the author's words changes. The whole text is kept for an appeal. */
export const redactReview: H['redactReview'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { actorId, justification, parts } = req.body;
    await tx.maybe(sql`select 1 from reviews where review_id = ${req.params.reviewId} for update`);
    const review = found(await reviewById(tx, req.params.reviewId));
    const { reviewId, orderId, authorId, targetId, rating } = review;
    if (review.deletedAt) throw new Problem('conflict', { detail: 'the review is deleted' });
    const missing = parts.findIndex((part) => !review.text.includes(part));
    if (missing >= 0)
      throw new Problem('validation_failed', {
        errors: [{ pointer: `/body/parts/${missing}`, detail: 'not in the text of the review' }],
      });
    const text = parts.reduce((left, part) => left.replaceAll(part, MARK), review.text);
    const { revision } = await tx.one<{ revision: number }>(
      sql`update reviews set text = ${text}, original = coalesce(original, text), redacted_at = ${ctx.clock.now()}, justification = ${justification}, moderated_by = ${actorId}, revision = revision + 1 where review_id = ${reviewId} returning revision`,
    );
    const about = { reviewId, orderId, authorId, targetId, rating, published: review.publishedAt !== null };
    const facts = { ...about, what: 'redacted', actorId, justification } as const;
    tx.emit(ordersEvents.reviewRedacted, reviewId, facts, revision);
    return { body: { reviewId, authorId, targetId, text } };
  });

/** An appeal was upheld: the review is as its author wrote it. */
export const restoreReview: H['restoreReview'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { actorId, justification } = req.body;
    const review = found(await reviewById(tx, req.params.reviewId));
    const { reviewId, orderId, authorId, targetId, rating } = review;
    const done = await tx.maybe<{ revision: number }>(
      sql`update reviews set text = coalesce(original, text), original = null, redacted_at = null, deleted_at = null, justification = null, moderated_by = ${actorId}, revision = revision + 1
        where review_id = ${reviewId} and (deleted_at is not null or redacted_at is not null) returning revision`,
    );
    if (done) {
      const about = { reviewId, orderId, authorId, targetId, rating, published: review.publishedAt !== null };
      const facts = { ...about, what: 'restored', actorId, justification } as const;
      tx.emit(ordersEvents.reviewRedacted, reviewId, facts, done.revision);
    }
    return { body: { reviewId, authorId, targetId, text: review.original ?? review.text } };
  });
