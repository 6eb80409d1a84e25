import { newId } from '#kit/ids.ts';
import type { NotificationsConsumers } from '../context.ts';
import { addDelivery } from '../data/deliveries.ts';
import { keepOverride } from '../data/overrides.ts';
import { notify } from '../notify.ts';
import { TEMPLATE_TEST } from '../mail/test-send.ts';

type C = NotificationsConsumers;

export const noticeRequested: C['noticeRequested'] = (ctx, event) => {
  const { recipientIds, title, text, critical } = event.data;
  return notify(
    ctx,
    event,
    [...new Set(recipientIds)].map((userId) => ({
      userId,
      event: 'notice',
      params: { title, message: text },
      critical,
    })),
  );
};

export const templateChanged: C['templateChanged'] = async (_ctx, event) => async (tx) => {
  const { key, locale, version, subject, html, text, shipped } = event.data;
  await keepOverride(tx, { key, locale, version, subject, html, text, shipped });
};

/** One mail with sample values, whatever the admin's preferences say. */
export const templateTestRequested: C['templateTestRequested'] = async (ctx, event) => async (tx) => {
  const { key, locale, subject, html, text, recipientId } = event.data;
  const now = ctx.clock.now();
  await addDelivery(tx, {
    deliveryId: newId(),
    dedupeKey: `${event.id}:${recipientId}:${TEMPLATE_TEST}`,
    channel: 'email',
    userId: recipientId,
    type: 'system',
    event: TEMPLATE_TEST,
    params: { key, locale, subject, html, text },
    critical: true,
    sendAt: now,
    createdAt: now,
  });
  tx.afterCommit(() => ctx.mailer.wake());
};
