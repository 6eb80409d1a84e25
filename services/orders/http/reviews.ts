import type { z } from 'zod';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { reviewView } from '#contracts/orders/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder, type Order, orderById } from '../data/orders.ts';
import { cursorOf } from '../cursor.ts';
import { decide } from '../domain/process.ts';
import { allowed, factsOf, refuse } from '../step.ts';
import { NOBODY, type People, peopleOf, requireParty } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
const DAY = 86_400_000;

interface ReviewRow {
  reviewId: string;
  orderId: string;
  orderTitle: string;
  authorId: string;
  targetId: string;
  rating: number;
  text: string;
  answer: string | null;
  publishedAt: Date | null;
  deletedAt: Date | null;
  justification: string | null;
  redactedAt: Date | null;
  original: string | null;
  moderatedBy: string | null;
  revision: number;
}

const reviewColumns = sql`v.review_id as "reviewId", v.order_id as "orderId", o.title as "orderTitle", v.author_id as "authorId", v.target_id as "targetId", v.rating, v.text, v.answer, v.published_at as "publishedAt", v.deleted_at as "deletedAt", v.justification, v.redacted_at as "redactedAt", v.original, v.moderated_by as "moderatedBy", v.revision`;

function reviewDto(row: ReviewRow, people: People): z.input<typeof reviewView> {
  const [publishedAt, deletedAt] = [row.publishedAt?.toISOString() ?? null, row.deletedAt?.toISOString() ?? null];
  const { original: _original, moderatedBy: _moderatedBy, revision: _revision, ...shown } = row;
  const redactedAt = row.redactedAt?.toISOString() ?? null;
  return { ...shown, publishedAt, deletedAt, redactedAt, author: people.get(row.authorId) ?? null };
}

export function reviewById(db: Queries, reviewId: string): Promise<ReviewRow | undefined> {
  return db.maybe<ReviewRow>(
    sql`select ${reviewColumns} from reviews v join orders o using (order_id) where v.review_id = ${reviewId}`,
  );
}

/** Double-blind: hidden until both are in, or the days of revealing are over. */
export const addReview: H['addReview'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), userId);
    allowed(decide(order.process, { action: 'review', actor: side }, order.status, factsOf(order)), req.locale);
    const now = ctx.clock.now();
    const revealAt = new Date(found(order.completedAt).getTime() + order.revealDays * DAY);
    if (now > revealAt) throw refuse('reviews_over', req.locale);
    if (await tx.maybe(sql`select 1 from reviews where order_id = ${order.orderId} and author_id = ${userId}`))
      throw new Problem('orders.reviewed_already');
    const reviewId = newId();
    const targetId = side === 'client' ? found(order.freelancerId) : order.clientId;
    await tx.run(sql`
      insert into reviews (review_id, order_id, author_id, target_id, target_kind, rating, text, created_at) values (${reviewId}, ${order.orderId}, ${userId}, ${targetId}, ${side === 'client' ? 'freelancer' : 'client'}, ${req.body.rating}, ${req.body.text}, ${now})`);
    const { n } = await tx.one<{ n: number }>(
      sql`select count(*)::int as n from reviews where order_id = ${order.orderId}`,
    );
    if (n === 2) {
      await revealReviews(tx, order, now);
      await tx.unschedule(`reveal:${order.orderId}`);
    } else
      await tx.schedule('revealReviews', { orderId: order.orderId }, { at: revealAt, key: `reveal:${order.orderId}` });
    return { body: reviewDto(found(await reviewById(tx, reviewId)), NOBODY) };
  });

export async function revealReviews(tx: Tx, order: Pick<Order, 'orderId'>, now: Date): Promise<void> {
  const rows = await tx.many<{
    reviewId: string;
    authorId: string;
    targetId: string;
    targetKind: 'freelancer' | 'client';
    rating: number;
  }>(sql`
    update reviews set published_at = ${now} where order_id = ${order.orderId} and published_at is null and deleted_at is null
    returning review_id as "reviewId", author_id as "authorId", target_id as "targetId", target_kind as "targetKind", rating`);
  for (const row of rows) tx.emit(ordersEvents.reviewPublished, row.reviewId, { ...row, orderId: order.orderId });
}

export const answerReview: H['answerReview'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const review = await reviewById(tx, req.params.reviewId);
    const mine = found(
      review?.targetId === req.user.userId && review.publishedAt && !review.deletedAt ? review : undefined,
    );
    const done = await tx.run(
      sql`update reviews set answer = ${req.body.text} where review_id = ${mine.reviewId} and answer is null`,
    );
    if (done === 0) throw refuse('answered', req.locale);
    return { body: reviewDto({ ...mine, answer: req.body.text }, NOBODY) };
  });

export const listOrderReviews: H['listOrderReviews'] = async (ctx, req) => {
  const { order } = requireParty(await orderById(ctx.db, req.params.orderId), req.user.userId);
  const rows = await ctx.db.many<ReviewRow>(sql`
    select ${reviewColumns} from reviews v join orders o using (order_id) where v.order_id = ${order.orderId} and ((v.published_at is not null and v.deleted_at is null) or v.author_id = ${req.user.userId}) order by v.created_at`);
  const people = await peopleOf(
    ctx,
    rows.map((row) => row.authorId),
  );
  return { body: { items: rows.map((row) => reviewDto(row, people)) } };
};

export const listPersonReviews: H['listPersonReviews'] = async (ctx, req) => {
  const after = cursorOf(req.query.cursor, ['time', 'id']);
  const rows = await ctx.db.many<ReviewRow>(sql`
    select ${reviewColumns} from reviews v join orders o using (order_id) where v.target_id = ${req.params.userId} and v.published_at is not null and v.deleted_at is null
      and ${after ? sql`(v.published_at, v.review_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}
    order by v.published_at desc, v.review_id desc limit ${req.query.limit + 1}`);
  const page = pageOf(rows, req.query.limit, (last) => [found(last.publishedAt).toISOString(), last.reviewId]);
  const people = await peopleOf(
    ctx,
    page.items.map((row) => row.authorId),
  );
  return { body: { items: page.items.map((row) => reviewDto(row, people)), nextCursor: page.nextCursor } };
};
