import { processOf, REMINDED } from '#contracts/orders/process.ts';
import type { OrderStatus } from '#contracts/orders/process-types.ts';
import type { NotificationsConsumers, NotificationsContext } from '../context.ts';
import { changeWaiting, dropWaiting } from '../data/deliveries.ts';
import { changeUnread, isSettled, keepSettled, lockThread } from '../data/notifications.ts';
import { type Burst, withoutResponse, withPrice } from '../domain/burst.ts';
import { type DealNews, dealNews } from '../domain/deals.ts';
import { pathOf, titlesOf } from '../domain/searches.ts';
import { type Notice, notify, pushUnread } from '../notify.ts';
import type { Happening } from '../templates/catalogue.ts';

type C = NotificationsConsumers;

const UNTRUE = 'no longer true';
const orderThread = (orderId: string) => `order:${orderId}`;

/** News that wait and are not true any more; `about`: of one thing of the order. */
interface Old {
  readonly events: readonly Happening[];
  readonly about?: Readonly<Record<string, string | number>>;
}

/** Notices of one move: the same words for all who hear of it. */
function tell(
  ctx: NotificationsContext,
  event: { readonly id: string },
  news: readonly DealNews[],
  of: { orderId: string; params: Readonly<Record<string, unknown>>; actorId: string | null; old?: Old },
) {
  const thread = orderThread(of.orderId);
  const params = { orderId: of.orderId, ...of.params };
  const notices = news.map((one) => ({
    ...one,
    params,
    thread,
    actorId: of.actorId === one.userId ? null : of.actorId,
  }));
  const { old } = of;
  if (!old) return notify(ctx, event, notices);
  return notify(ctx, event, notices, async (tx) => {
    await dropWaiting(tx, { thread, ...old, now: ctx.clock.now(), reason: UNTRUE });
    return notices;
  });
}

export const responseSubmitted: C['responseSubmitted'] = (ctx, event) => {
  const { freelancerId, orderId, title, price, responseId } = event.data;
  const news = dealNews('transitions', { ...event.data, action: 'respond', actorKind: 'freelancer' });
  const thread = orderThread(orderId);
  const notices = news.map(
    (one): Notice => ({
      ...one,
      params: { orderId, title, price, responseId },
      thread,
      actorId: freelancerId,
      collapse: true,
    }),
  );
  return notify(ctx, event, notices, async (tx) => {
    await lockThread(tx, thread);
    return (await isSettled(tx, responseId)) ? [] : notices;
  });
};

const TO_CLIENT = 'response_new';

/**
 * Who has not heard of the response yet hears of it as it is now: at its new price, and not at all once it is withdrawn
 * or decided on. The freelancer does not hear of what was before the last decision.
 */
export const responseChanged: C['responseChanged'] = (ctx, event) => {
  const { actorKind, status, action, price, responseId, freelancerId, clientId, orderId, title, reason } = event.data;
  const thread = orderThread(orderId);
  const notices: Notice[] = dealNews('responses', event.data).map((one) => ({
    ...one,
    params: { orderId, title, reason },
    thread,
    actorId: actorKind === 'freelancer' ? freelancerId : clientId,
  }));
  const stands = status === 'submitted' || (status === 'shortlisted' && action !== 'shortlist');
  const isGone = status === 'withdrawn' || status === 'expired';
  const change = (burst: Burst) => {
    if (!stands) return withoutResponse(burst, responseId);
    return price === undefined ? burst : withPrice(burst, responseId, price);
  };
  // Of a counter-offer he has heard by what came of it; on the shortlist he is until it says otherwise.
  const events: Happening[] = [
    'response_countered',
    ...(status === 'shortlisted' ? [] : ['response_shortlisted' as const]),
  ];
  return notify(ctx, event, notices, async (tx) => {
    const now = ctx.clock.now();
    await lockThread(tx, thread);
    if (!stands) await keepSettled(tx, responseId, now);
    await dropWaiting(tx, { userId: freelancerId, thread, events, now, reason: UNTRUE });
    const news = { userId: clientId, thread, event: TO_CLIENT };
    await changeWaiting(tx, { ...news, now, reason: isGone ? UNTRUE : 'read' }, change);
    // What he decided on himself stays in his list.
    if ((stands || isGone) && (await changeUnread(tx, news, change))) await pushUnread(ctx, tx, [clientId]);
    return notices;
  });
};

export const freelancerInvited: C['freelancerInvited'] = (ctx, event) => {
  const { clientId, orderId, title } = event.data;
  const news = dealNews('transitions', { ...event.data, action: 'invite', actorKind: 'client' });
  return tell(ctx, event, news, { orderId, params: { title }, actorId: clientId });
};

const INVITED: readonly Happening[] = ['freelancer_invited'];
/** What waits is not true any more, or asks for what cannot be done, once the order has left the status. */
const UNTRUE_AFTER: Readonly<Partial<Record<OrderStatus, readonly Happening[]>>> = {
  published: [...INVITED, TO_CLIENT, 'hold_refused'],
  in_progress: ['order_revision'],
  delivered: ['order_delivered'],
};

/** The other side hears of it: of a refusal with its reason. Who has not heard of the invitation yet need not. */
export const invitationChanged: C['invitationChanged'] = (ctx, event) => {
  const { state, clientId, freelancerId, orderId, title, reason } = event.data;
  const thread = orderThread(orderId);
  const declined = state === 'declined';
  const notice: Notice = {
    userId: declined ? clientId : freelancerId,
    event: `invitation_${state}`,
    params: { orderId, title, reason },
    thread,
    actorId: declined ? freelancerId : clientId,
  };
  return notify(ctx, event, [notice], async (tx) => {
    await dropWaiting(tx, { userId: freelancerId, thread, events: INVITED, now: ctx.clock.now(), reason: UNTRUE });
    return [notice];
  });
};

export const freelancerChosen: C['freelancerChosen'] = (ctx, event) => {
  const { clientId, orderId, title, price, pricing, deadline } = event.data;
  const news = dealNews('transitions', { ...event.data, action: 'start', actorKind: 'system' });
  const params = { title, price, deadline, hourly: pricing === 'hourly' ? '1' : null };
  return tell(ctx, event, news, { orderId, params, actorId: clientId });
};

/** Of the start the choice tells, with the price. */
export const orderStatusChanged: C['orderStatusChanged'] = (ctx, event) => {
  const { orderId, title, reason, actorId, action, process, from, to } = event.data;
  const thread = orderThread(orderId);
  const news = action === 'start' ? [] : dealNews('transitions', event.data);
  const notices: Notice[] = news.map((one) => ({
    ...one,
    params: { orderId, title, reason },
    actorId: actorId === one.userId ? null : actorId,
    thread,
  }));
  const left = processOf(process).timers[from ?? 'draft'] ?? [];
  const reminders = left.flatMap((timer) => timer.remindsOf ?? []);
  // A dispute only stops the deal: it may go on from where it was.
  const isLeft = from !== null && from !== to && to !== 'disputed';
  const events = [...reminders, ...((isLeft && UNTRUE_AFTER[from]) || [])];
  if (events.length === 0) return notify(ctx, event, notices);
  return notify(ctx, event, notices, async (tx) => {
    await dropWaiting(tx, { thread, events, now: ctx.clock.now(), reason: UNTRUE });
    return notices;
  });
};

export const proposalChanged: C['proposalChanged'] = (ctx, event) => {
  const { orderId, title, actorId, clientId, proposalId } = event.data;
  const news = dealNews('transitions', { ...event.data, actorKind: actorId === clientId ? 'client' : 'freelancer' });
  const old: Old = { events: ['proposal_new'], about: { proposalId } };
  return tell(ctx, event, news, { orderId, params: { title, proposalId }, actorId, old });
};

export const milestoneChanged: C['milestoneChanged'] = (ctx, event) => {
  const { orderId, title, milestoneId, milestoneTitle: part, amount, reason, actorId } = event.data;
  const news = dealNews('milestones', event.data);
  const old: Old = { events: ['milestone_delivered', 'milestone_revision'], about: { milestoneId } };
  return tell(ctx, event, news, { orderId, params: { title, part, amount, reason, milestoneId }, actorId, old });
};

export const weekChanged: C['weekChanged'] = (ctx, event) => {
  const { orderId, title, number, amount, reason, actorId } = event.data;
  const news = dealNews('weeks', event.data);
  const old: Old = { events: ['week_submitted', 'week_contested', 'week_unfunded'], about: { number } };
  return tell(ctx, event, news, { orderId, params: { title, number, amount, reason }, actorId, old });
};

const REFUSED = { price: 'escrow_refused', extra: 'extra_refused', milestone: 'hold_refused' } as const;

export const holdRefused: C['holdRefused'] = (ctx, event) => {
  const { orderId, title, missing, purpose } = event.data;
  const part = purpose === 'milestone' ? 'milestones' : 'transitions';
  const news = dealNews(part, { ...event.data, action: REFUSED[purpose], actorKind: 'system' });
  return tell(ctx, event, news, { orderId, params: { title, missing }, actorId: null });
};

export const deadlineNear: C['deadlineNear'] = (ctx, event) => {
  const { orderId, title, clientId, freelancerId, kind, at } = event.data;
  const people = REMINDED[kind].map((side) => (side === 'client' ? clientId : freelancerId));
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
