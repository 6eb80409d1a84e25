import type { z } from 'zod';
import { adminEvents } from '#contracts/admin/events.ts';
import { authEvents } from '#contracts/auth/events.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { supportEvents } from '#contracts/support/events.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { type Changes, earliest, later, laterList, least, most, type OrderMoment } from './changes.ts';
import { measureMoney } from './money.ts';

type Measure = (changes: Changes, at: Date, data: unknown) => void;
type Status = z.output<typeof ordersEvents.statusChanged.data>;

const MOMENTS: Readonly<Partial<Record<string, OrderMoment>>> = {
  draft: 'created',
  published: 'published',
  in_progress: 'started',
  completed: 'completed',
  disputed: 'disputed',
  cancelled: 'ended',
  expired: 'ended',
  split: 'ended',
};

/** The category of an order is settled when it is published; before, it may be another tomorrow. */
const UNSETTLED = new Set(['draft', 'awaiting_payment']);

/** How each event changes the figures: used as events come and when the figures are made anew. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  [authEvents.userRegistered.type](changes, at, raw) {
    const data = authEvents.userRegistered.data.parse(raw);
    changes.sum(at, { metric: 'registrations', value: 1n });
    changes.registered.set(data.userId, earliest(changes.registered.get(data.userId), at));
  },
  [authEvents.signedIn.type](changes, at, raw) {
    const data = authEvents.signedIn.data.parse(raw);
    changes.sum(at, { metric: 'sign_ins', value: 1n });
    changes.activity(at, data.userId);
  },
  [usersEvents.profileUpdated.type](changes, at, raw) {
    const data = usersEvents.profileUpdated.data.parse(raw);
    // The first word about a profile is its making, not a change.
    if (!data.changed.includes('created')) {
      changes.sum(at, { metric: 'profile_changes', value: 1n });
      changes.activity(at, data.userId);
    }
    const skills = data.kinds.includes('freelancer') ? [...data.skills].sort() : [];
    changes.skills.set(data.userId, laterList(changes.skills.get(data.userId), { at, value: skills }));
  },
  [usersEvents.profileViewed.type](changes, at, raw) {
    const data = usersEvents.profileViewed.data.parse(raw);
    changes.views.set(`${data.userId}|${data.day}|${data.viewer}`, data);
  },
  [ordersEvents.statusChanged.type](changes, at, raw) {
    measureStatus(changes, at, ordersEvents.statusChanged.data.parse(raw));
  },
  [ordersEvents.responseSubmitted.type](changes, at, raw) {
    const data = ordersEvents.responseSubmitted.data.parse(raw);
    changes.sum(at, { metric: 'responses', category: data.category ?? '', value: 1n });
    const order = changes.order(data.orderId);
    order.clientId ??= data.clientId;
    order.moments.firstResponse = earliest(order.moments.firstResponse, at);
    const bid = changes.bid(data.orderId, data.freelancerId);
    bid.responded = earliest(bid.responded, at);
    changes.activity(at, data.freelancerId);
  },
  [ordersEvents.freelancerInvited.type](changes, at, raw) {
    const data = ordersEvents.freelancerInvited.data.parse(raw);
    changes.sum(at, { metric: 'invitations', value: 1n });
    const bid = changes.bid(data.orderId, data.freelancerId);
    bid.invited = earliest(bid.invited, at);
    changes.activity(at, data.clientId);
  },
  [ordersEvents.reviewPublished.type](changes, at) {
    changes.sum(at, { metric: 'reviews', value: 1n });
  },
  [paymentsEvents.transactionPosted.type](changes, at, raw) {
    measureMoney(changes, at, paymentsEvents.transactionPosted.data.parse(raw));
  },
  [supportEvents.ticketChanged.type](changes, at, raw) {
    const data = supportEvents.ticketChanged.data.parse(raw);
    if (data.from === null) changes.sum(at, { metric: 'tickets_opened', dimension: data.kind, value: 1n });
    if (data.to === 'resolved' && data.from !== 'resolved') changes.sum(at, { metric: 'tickets_resolved', value: 1n });
    const ticket = changes.ticket(data.ticketId, data.kind);
    if (data.from === null) ticket.opened = earliest(ticket.opened, at);
    ticket.firstAnswer = least(ticket.firstAnswer, data.firstAnswerSeconds);
    ticket.resolution = most(ticket.resolution, data.resolutionSeconds);
    if (data.satisfaction !== null) ticket.satisfaction = later(ticket.satisfaction, { at, value: data.satisfaction });
  },
  [adminEvents.actionLogged.type](changes, at) {
    changes.sum(at, { metric: 'admin_actions', value: 1n });
  },
};

/** Entering and leaving cancel out in any order of arrival. */
function measureStatus(changes: Changes, at: Date, data: Status): void {
  const { from, to, category } = data;
  const settled = (status: string) => (UNSETTLED.has(status) ? '' : category);
  changes.sum(at, { metric: 'orders_by_status', dimension: to, category: settled(to), value: 1n });
  if (from !== null)
    changes.sum(at, { metric: 'orders_by_status', dimension: from, category: settled(from), value: -1n });
  if (to === 'published' && from !== 'published') {
    changes.sum(at, { metric: 'orders_published', category, value: 1n });
    for (const skill of data.skills ?? [])
      changes.sum(at, { metric: 'top_skills', dimension: skill, category, value: 1n });
  }
  if (to === 'completed') changes.sum(at, { metric: 'orders_completed', category, value: 1n });
  if (to === 'disputed') changes.sum(at, { metric: 'disputes', category, value: 1n });
  const order = changes.order(data.orderId);
  order.clientId ??= data.clientId;
  order.category = later(order.category, { at, value: category });
  if (data.freelancerId !== null) order.freelancer = later(order.freelancer, { at, value: data.freelancerId });
  const moment = from === null ? 'created' : MOMENTS[to];
  if (moment) order.moments[moment] = earliest(order.moments[moment], at);
  if (data.actorKind === 'client' || data.actorKind === 'freelancer') changes.activity(at, data.actorId);
  if (to === 'in_progress' && from === 'published' && data.freelancerId !== null) {
    const bid = changes.bid(data.orderId, data.freelancerId);
    bid.hired = earliest(bid.hired, at);
  }
}
