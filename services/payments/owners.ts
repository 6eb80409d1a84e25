import type { paymentsContract } from '#contracts/payments/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { PaymentsContext } from './context.ts';

export const paymentsOwners: Owners<typeof paymentsContract, PaymentsContext> = {
  ownTopup: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`select 1 from topups where topup_id = ${params.topupId} and user_id = ${user.userId}`)) !==
    undefined,
};
