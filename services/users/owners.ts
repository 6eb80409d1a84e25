import type { usersContract } from '#contracts/users/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { UsersContext } from './context.ts';

export const usersOwners: Owners<typeof usersContract, UsersContext> = {
  ownWork: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from portfolio_items where item_id = ${params.itemId} and user_id = ${user.userId}`,
    )) !== undefined,
  ownArchive: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from exports where export_id = ${params.exportId} and user_id = ${user.userId}`,
    )) !== undefined,
};
