import type { NotificationsConsumers } from '../context.ts';
import { dropWaiting } from '../data/deliveries.ts';
import { dealNews } from '../domain/deals.ts';
import { pathOf, titlesOf } from '../domain/searches.ts';
import { type Notice, notify } from '../notify.ts';

type C = NotificationsConsumers;

const orderThread = (orderId: string) => `order:${orderId}`;
/** Reminders that say nothing once the order has moved on. */
const REMINDERS = ['delivery_due', 'delivery_late', 'review_due'];

export const responseSubmitted: C['responseSubmitted'] = (ctx, event) => {
  const { clientId, freelancerId, orderId, title, price } = event.data;
  const thread = orderThread(orderId);
  const params = { orderId, title, price };
  return notify(ctx, event, [
    { userId: clientId, event: 'response_new', params, actorId: freelancerId, thread, collapse: true },
  ]);
};

const ANSWERS = {
  shortlisted: 'response_shortlisted',
  declined: 'response_declined',
  accepted: 'response_accepted',
} as const;

export const responseChanged: C['responseChanged'] = (ctx, event) => {
  const { status, freelancerId, clientId, orderId, title, reason } = event.data;
  if (status !== 'shortlisted' && status !== 'declined' && status !== 'accepted') return notify(ctx, event, []);
  const thread = orderThread(orderId);
  const params = { orderId, title, reason };
  return notify(ctx, event, [{ userId: freelancerId, event: ANSWERS[status], params, actorId: clientId, thread }]);
};

export const freelancerInvited: C['freelancerInvited'] = (ctx, event) => {
  const { freelancerId, clientId, orderId, title } = event.data;
  const thread = orderThread(orderId);
  const params = { orderId, title };
  return notify(ctx, event, [{ userId: freelancerId, event: 'freelancer_invited', params, actorId: clientId, thread }]);
};

export const freelancerChosen: C['freelancerChosen'] = (ctx, event) => {
  const { freelancerId, clientId, orderId, title, price, deadline } = event.data;
  const thread = orderThread(orderId);
  const params = { orderId, title, price, deadline };
  return notify(ctx, event, [{ userId: freelancerId, event: 'freelancer_chosen', params, actorId: clientId, thread }]);
};

export const orderStatusChanged: C['orderStatusChanged'] = (ctx, event) => {
  const { orderId, title, reason, actorId } = event.data;
  const thread = orderThread(orderId);
  const notices: Notice[] = dealNews(event.data).map((news) => ({
    ...news,
    params: { orderId, title, reason },
    actorId: actorId === news.userId ? null : actorId,
    thread,
  }));
  return notify(ctx, event, notices, async (tx) => {
    await dropWaiting(tx, { thread, events: REMINDERS, now: ctx.clock.now(), reason: 'no longer true' });
    return notices;
  });
};

export const deadlineNear: C['deadlineNear'] = (ctx, event) => {
  const { orderId, title, clientId, freelancerId, kind, at } = event.data;
  const people = { delivery_due: [freelancerId], delivery_late: [freelancerId, clientId], review_due: [clientId] }[
    kind
  ];
  return notify(
    ctx,
    event,
    people.map((userId) => ({ userId, event: kind, params: { orderId, title, at }, thread: orderThread(orderId) })),
  );
};

/** News of one search, about however many orders. The address leads to the order, or to the search itself. */
export const savedSearchMatched: C['savedSearchMatched'] = (ctx, event) =>
  notify(
    ctx,
    event,
    event.data.matches.map(({ userId, savedSearchId, name, query, total, orders }) => ({
      userId,
      event: 'search_found',
      params: {
        search: name,
        total,
        titles: titlesOf(orders),
        rest: total - orders.length || null,
        path: pathOf(orders, total, query),
      },
      thread: `saved-search:${savedSearchId}`,
    })),
  );

export const reviewPublished: C['reviewPublished'] = (ctx, event) => {
  const { orderId, authorId, targetId, rating } = event.data;
  const params = { orderId, rating };
  return notify(ctx, event, [{ userId: targetId, event: 'review_published', params, actorId: authorId }]);
};
