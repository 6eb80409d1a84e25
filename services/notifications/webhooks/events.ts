import type { z } from 'zod';
import type { WebhookEvent } from '#contracts/notifications/webhooks.ts';
import type { Bilingual } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import type { Told } from './calls.ts';

/** What is told of an event, and to whom. Ids, states, sums and times only: no words of a person, nothing of anybody else's. */
export interface News {
  readonly type: WebhookEvent;
  readonly told: readonly Told[];
  /** For the platform's own endpoints. */
  readonly forAll: Readonly<Record<string, unknown>>;
}
type News1 = News | undefined;

interface Definition {
  readonly title: Bilingual;
  readonly example: Readonly<Record<string, unknown>>;
}
const ID = '0199a000-0000-7000-8000-000000000000';
const SUM = { amount: '1500000', currency: 'RUB' };

/** Titles and examples of what can be told. */
export const WEBHOOK_DEFINITIONS: Readonly<Record<WebhookEvent, Definition>> = {
  'order.status_changed': {
    title: { ru: 'Заказ сменил статус', en: 'An order changed its status' },
    example: {
      orderId: ID,
      from: 'in_progress',
      to: 'delivered',
      role: 'client',
      price: SUM,
      deadline: null,
      reasonCode: null,
    },
  },
  'response.submitted': {
    title: { ru: 'Отклик на заказ', en: 'A response to an order' },
    example: { responseId: ID, orderId: ID, freelancerId: ID, price: SUM },
  },
  'response.changed': {
    title: { ru: 'Отклик изменён', en: 'A response changed' },
    example: { responseId: ID, orderId: ID, freelancerId: ID, status: 'shortlisted', reasonCode: null },
  },
  'invitation.sent': {
    title: { ru: 'Приглашение в заказ', en: 'An invitation to an order' },
    example: { invitationId: ID, orderId: ID, freelancerId: ID },
  },
  'milestone.changed': {
    title: { ru: 'Этап сделки', en: 'A milestone of a deal' },
    example: { orderId: ID, milestoneId: ID, from: 'in_progress', to: 'delivered', amount: SUM },
  },
  'review.published': {
    title: { ru: 'Отзыв опубликован', en: 'A review was published' },
    example: { reviewId: ID, orderId: ID, authorId: ID, targetId: ID, rating: 5 },
  },
  'money.moved': {
    title: { ru: 'Движение по счёту', en: 'Money moved on the account' },
    example: {
      transactionId: ID,
      kind: 'escrow_release',
      orderId: ID,
      at: '2026-11-27T09:00:00.000Z',
      postings: [{ account: 'available', amount: SUM }],
    },
  },
  'withdrawal.changed': {
    title: { ru: 'Вывод средств', en: 'A withdrawal' },
    example: { withdrawalId: ID, status: 'paid', amount: SUM },
  },
  'topup.failed': {
    title: { ru: 'Пополнение не прошло', en: 'A top-up failed' },
    example: { topupId: ID, amount: SUM },
  },
};

type Data<T extends { data: z.ZodType }> = z.output<T['data']>;

/** Both sides of a deal hear the same, each with the side he is on. */
function sides(of: { clientId: string; freelancerId: string | null }, data: Record<string, unknown>): Told[] {
  return [
    { userId: of.clientId, data: { ...data, role: 'client' } },
    ...(of.freelancerId === null ? [] : [{ userId: of.freelancerId, data: { ...data, role: 'freelancer' } }]),
  ];
}

const NEWS: Readonly<Record<string, (data: never) => News1>> = {
  [ordersEvents.statusChanged.type](data: Data<typeof ordersEvents.statusChanged>): News1 {
    const { orderId, from, to, price, deadline, reasonCode = null, clientId, freelancerId } = data;
    const shared = { orderId, from, to, price, deadline, reasonCode };
    return {
      type: 'order.status_changed',
      told: sides({ clientId, freelancerId }, shared),
      forAll: { ...shared, clientId, freelancerId },
    };
  },
  [ordersEvents.responseSubmitted.type](data: Data<typeof ordersEvents.responseSubmitted>): News1 {
    const { responseId, orderId, freelancerId, price, clientId } = data;
    const shared = { responseId, orderId, freelancerId, price };
    return {
      type: 'response.submitted',
      told: sides({ clientId, freelancerId }, shared),
      forAll: { ...shared, clientId },
    };
  },
  [ordersEvents.responseChanged.type](data: Data<typeof ordersEvents.responseChanged>): News1 {
    const { responseId, orderId, freelancerId, status, clientId, reasonCode = null } = data;
    const shared = { responseId, orderId, freelancerId, status, reasonCode };
    return {
      type: 'response.changed',
      told: sides({ clientId, freelancerId }, shared),
      forAll: { ...shared, clientId },
    };
  },
  [ordersEvents.freelancerInvited.type](data: Data<typeof ordersEvents.freelancerInvited>): News1 {
    const { invitationId, orderId, freelancerId, clientId } = data;
    const shared = { invitationId, orderId, freelancerId };
    return {
      type: 'invitation.sent',
      told: sides({ clientId, freelancerId }, shared),
      forAll: { ...shared, clientId },
    };
  },
  [ordersEvents.milestoneChanged.type](data: Data<typeof ordersEvents.milestoneChanged>): News1 {
    const { orderId, milestoneId, from, to, amount, clientId, freelancerId } = data;
    const shared = { orderId, milestoneId, from, to, amount };
    return {
      type: 'milestone.changed',
      told: sides({ clientId, freelancerId }, shared),
      forAll: { ...shared, clientId, freelancerId },
    };
  },
  [ordersEvents.reviewPublished.type](data: Data<typeof ordersEvents.reviewPublished>): News1 {
    const { reviewId, orderId, authorId, targetId, rating } = data;
    const shared = { reviewId, orderId, authorId, targetId, rating };
    const told = [authorId, targetId].map((userId) => ({ userId, data: shared }));
    return { type: 'review.published', told, forAll: shared };
  },
  [paymentsEvents.transactionPosted.type](data: Data<typeof paymentsEvents.transactionPosted>): News1 {
    const { transactionId, kind, orderId, at, postings } = data;
    const shared = { transactionId, kind, orderId, at };
    // Each sees the postings on his own accounts, and nobody else's.
    const people = [...new Set(postings.flatMap((posting) => posting.userId ?? []))];
    const told = people.map((userId) => ({
      userId,
      data: {
        ...shared,
        postings: postings
          .filter((posting) => posting.userId === userId)
          .map(({ account, amount }) => ({ account, amount })),
      },
    }));
    return { type: 'money.moved', told, forAll: { ...shared, postings } };
  },
  [paymentsEvents.withdrawalChanged.type](data: Data<typeof paymentsEvents.withdrawalChanged>): News1 {
    const { withdrawalId, status, amount, userId } = data;
    const shared = { withdrawalId, status, amount };
    return { type: 'withdrawal.changed', told: [{ userId, data: shared }], forAll: { ...shared, userId } };
  },
  [paymentsEvents.topupFailed.type](data: Data<typeof paymentsEvents.topupFailed>): News1 {
    const { topupId, amount, userId } = data;
    return { type: 'topup.failed', told: [{ userId, data: { topupId, amount } }], forAll: { topupId, amount, userId } };
  },
};

export function newsOf(event: { type: string; data: unknown }): News1 {
  return NEWS[event.type]?.(event.data as never);
}
