import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { NotificationsConsumers } from '../context.ts';
import { addDelivery } from '../data/deliveries.ts';
import { notify } from '../notify.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

type C = NotificationsConsumers;

/** E2. Only the id of the secret is kept: code, link and address are asked for when the message is sent. */
export const messageRequested: C['messageRequested'] = async (ctx, event) => async (tx) => {
  const { userId, secretId, channel, purpose } = event.data;
  const now = ctx.clock.now();
  const sms = purpose === 'verify_phone' ? 'verify_phone' : 'sign_in_code_sms';
  const mail = purpose === 'verify_phone' ? 'sign_in_code' : purpose;
  await addDelivery(tx, {
    deliveryId: newId(),
    dedupeKey: `secret:${secretId}`,
    channel,
    userId,
    type: 'security',
    event: channel === 'sms' ? sms : mail,
    params: {},
    secretId,
    critical: true,
    sendAt: now,
    createdAt: now,
  });
  tx.afterCommit(() => ctx.mailer.wake());
};

export const securityNotice: C['securityNotice'] = (ctx, event) => {
  const { userId, kind, device, place, at } = event.data;
  return notify(ctx, event, [{ userId, event: 'security_notice', params: { what: kind, device, place, at } }]);
};

/** One notice after the other about the same erasure: the newest stands. */
export const personalDataNoticed: C['personalDataNoticed'] = (ctx, event) => {
  const { userId, kind, at } = event.data;
  return notify(ctx, event, [{ userId, event: kind, params: { at } }]);
};

/** Nothing of the person stays. A mail in the very act of being sent finds its row gone and stops. */
export const userErased: C['userErased'] = async (_ctx, event) => async (tx) => {
  const { userId } = event.data;
  await forgetStoredReplies(tx, userId);
  await tx.run(sql`delete from notifications where user_id = ${userId}`);
  await tx.run(sql`delete from deliveries where user_id = ${userId}`);
  await tx.run(sql`delete from preferences where user_id = ${userId}`);
  await tx.run(sql`delete from read_marks where user_id = ${userId}`);
  await tx.run(sql`delete from push_subscriptions where user_id = ${userId}`);
  await tx.run(sql`delete from suppressions where user_id = ${userId}`);
  await tx.run(sql`delete from webhook_endpoints where owner_id = ${userId}`);
};
