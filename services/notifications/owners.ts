import type { notificationsContract } from '#contracts/notifications/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { NotificationsContext } from './context.ts';
import { endpointOf } from './webhooks/endpoints.ts';

export const notificationsOwners: Owners<typeof notificationsContract, NotificationsContext> = {
  ownNotification: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from notifications where notification_id = ${params.notificationId} and user_id = ${user.userId}`,
    )) !== undefined,
  ownEndpoint: async (ctx, { user, params }) => (await endpointOf(ctx.db, params.endpointId, user)) !== undefined,
  ownDevice: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from push_subscriptions where subscription_id = ${params.subscriptionId} and user_id = ${user.userId}`,
    )) !== undefined,
};
