import type { supportContract } from '#contracts/support/index.ts';
import type { OwnerReq } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';

type SubjectReq = OwnerReq<(typeof supportContract.http)['openTicket']>;
type Orders = SupportContext['clients']['orders'];

export interface Subject {
  readonly order: Awaited<ReturnType<Orders['getOrderContext']>> | undefined;
  readonly review: Awaited<ReturnType<Orders['getReview']>> | undefined;
}

/** Asked for once in a request: by the rule of ownership, then by the handler. */
const seen = new WeakMap<object, Promise<Subject | undefined>>();

/** What a new ticket names; undefined when it is somebody else's, or the two don't belong together (Z2). */
export function subjectOf(ctx: SupportContext, req: SubjectReq): Promise<Subject | undefined> {
  const known = seen.get(req.body) ?? lookUp(ctx, req);
  seen.set(req.body, known);
  return known;
}

async function lookUp(ctx: SupportContext, req: SubjectReq): Promise<Subject | undefined> {
  const { orderId, reviewId, userId, transactionId, messageId } = req.body;
  const me = req.user.userId;
  const { users, payments, messenger, orders } = ctx.clients;
  // Each is asked of its service: what this person may not see is as good as none.
  if (userId) await users.checkVisible({ params: { userId }, query: { viewerId: me } });
  if (transactionId) await payments.getTransaction({ params: { transactionId }, query: { userId: me } });
  if (messageId) await messenger.getMessage({ params: { messageId }, query: { participantId: me } });
  const review = reviewId === undefined ? undefined : await orders.getReview({ params: { reviewId } });
  // Before it is published a review is known to its author alone.
  if (review && review.authorId !== me && (review.targetId !== me || review.publishedAt === null)) return undefined;
  if (review && orderId !== undefined && review.orderId !== orderId) return undefined;
  const order = orderId === undefined ? undefined : await orders.getOrderContext({ params: { orderId } });
  if (order && order.clientId !== me && order.freelancerId !== me) return undefined;
  return { order, review };
}
