import { z } from 'zod';
import { guest, may, route, signedIn } from '../common/define.ts';
import { id, page, pageQuery, text } from '../common/values.ts';
import { byOrder } from './routes-common.ts';
import { reviewView } from './views.ts';

/** Reviews of finished deals. */
export const reviewsRoutes = {
  addReview: route({
    method: 'POST',
    path: '/orders/{orderId}/reviews',
    summary: 'Review the other side; hidden until both are in or the time is over',
    rows: ['O2'],
    access: may('orders.take-part', { owner: 'partyToDeal' }),
    params: byOrder,
    idempotency: 'required',
    body: z.strictObject({ rating: z.number().int().min(1).max(5), text: text(3, 5000) }),
    reply: reviewView,
    errors: ['orders.not_now', 'orders.reviewed_already'],
    example: { body: { rating: 5, text: 'Отлично' } },
  }),
  answerReview: route({
    method: 'POST',
    path: '/reviews/{reviewId}/answer',
    summary: 'Answer a review about oneself, once',
    rows: ['O2'],
    access: signedIn({ owner: 'reviewOfSelf' }),
    params: z.object({ reviewId: id }),
    status: 200,
    idempotency: 'optional',
    body: z.strictObject({ text: text(3, 3000) }),
    reply: reviewView,
    errors: ['orders.not_now'],
    example: { body: { text: 'Спасибо' } },
  }),
  listOrderReviews: route({
    method: 'GET',
    path: '/orders/{orderId}/reviews',
    summary: 'Reviews of a deal: the visible ones, and the own',
    rows: ['O2'],
    access: signedIn({ owner: 'partyToDeal' }),
    params: byOrder,
    reply: z.object({ items: z.array(reviewView) }),
  }),
  listPersonReviews: route({
    method: 'GET',
    path: '/people/{userId}/reviews',
    summary: 'Visible reviews about a person',
    rows: ['S3'],
    access: guest,
    params: z.object({ userId: id }),
    query: z.object(pageQuery),
    reply: page(reviewView),
  }),
};
