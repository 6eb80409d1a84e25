import type { NotificationsConsumers } from '../context.ts';
import { movementsOf } from '../domain/postings.ts';
import { notify } from '../notify.ts';

type C = NotificationsConsumers;

export const transactionPosted: C['transactionPosted'] = (ctx, event) => {
  const { kind, orderId, transactionId } = event.data;
  return notify(
    ctx,
    event,
    movementsOf(event.data).map(({ userId, incoming, sum }) => ({
      userId,
      event: incoming ? ('money_in' as const) : ('money_out' as const),
      params: { what: kind, sum, orderId, transactionId },
      thread: `transaction:${transactionId}`,
    })),
  );
};

export const withdrawalChanged: C['withdrawalChanged'] = (ctx, event) => {
  const { userId, amount, status, withdrawalId } = event.data;
  const params = { sum: amount, status, withdrawalId };
  return notify(ctx, event, [{ userId, event: 'withdrawal_changed', params, thread: `withdrawal:${withdrawalId}` }]);
};

export const topupFailed: C['topupFailed'] = (ctx, event) => {
  const { userId, amount, reason, topupId } = event.data;
  return notify(ctx, event, [{ userId, event: 'topup_failed', params: { sum: amount, reason, topupId } }]);
};

export const placementRefused: C['placementRefused'] = (ctx, event) => {
  const { clientId, orderId, code, missing } = event.data;
  const params = { orderId, why: code, missing };
  return notify(ctx, event, [{ userId: clientId, event: 'placement_refused', params, thread: `order:${orderId}` }]);
};
