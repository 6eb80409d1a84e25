import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { NotificationsHandlers } from '../context.ts';
import { keepSubscription, removeSubscription } from '../data/push.ts';
import { isKnownPushService } from '../mail/push.ts';
import { vapidKeys } from '../mail/vapid.ts';

export const getPushKey: NotificationsHandlers['getPushKey'] = async (ctx) => ({
  body: { publicKey: vapidKeys(ctx.secret('vapid')).publicKey },
});

export const addPushSubscription: NotificationsHandlers['addPushSubscription'] = async (ctx, req) => {
  const { endpoint, keys } = req.body;
  if (!isKnownPushService(endpoint, ctx.config.PUSH_HOSTS)) throw new Problem('notifications.push_service_unknown');
  return await req.tx(async (tx) => {
    const row = { subscriptionId: newId(), userId: req.user.userId, endpoint, ...keys, createdAt: ctx.clock.now() };
    return { body: { subscriptionId: await keepSubscription(tx, row) } };
  });
};

export const removePushSubscription: NotificationsHandlers['removePushSubscription'] = async (ctx, req) => {
  const removed = await removeSubscription(ctx.db, req.params.subscriptionId, req.user.userId);
  found(removed === 1 || undefined);
  return { body: null };
};
