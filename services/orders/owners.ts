import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { OrdersContext } from './context.ts';

export const ordersOwners: Owners<typeof ordersContract, OrdersContext> = {
  ownOrder: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from orders where order_id = ${params.orderId} and client_id = ${user.userId}`,
    )) !== undefined,
  partyToDeal: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from orders where order_id = ${params.orderId} and ${user.userId}::uuid in (client_id, freelancer_id)`,
    )) !== undefined,
  ownResponse: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`
      select 1 from responses where response_id = ${params.responseId} and order_id = ${params.orderId} and freelancer_id = ${user.userId}`)) !==
    undefined,
  ownInvitation: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from invitations where invitation_id = ${params.invitationId} and freelancer_id = ${user.userId}`,
    )) !== undefined,
  ownOrderOrResponse: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`
      select 1 from orders o where order_id = ${params.orderId} and (${user.userId}::uuid in (client_id, freelancer_id)
        or exists (select 1 from responses r where r.order_id = o.order_id and r.freelancer_id = ${user.userId}))`)) !==
    undefined,
  ownSavedSearch: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from saved_searches where saved_search_id = ${params.savedSearchId} and user_id = ${user.userId}`,
    )) !== undefined,
  reviewOfSelf: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`
      select 1 from reviews where review_id = ${params.reviewId} and target_id = ${user.userId} and published_at is not null and deleted_at is null`)) !==
    undefined,
};
