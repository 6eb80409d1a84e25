import type { authContract } from '#contracts/auth/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { AuthContext } from './context.ts';

export const authOwners: Owners<typeof authContract, AuthContext> = {
  ownSession: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from sessions where session_id = ${params.sessionId} and user_id = ${user.userId} and ended_at is null`,
    )) !== undefined,
  ownPasskey: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from passkeys where passkey_id = ${params.passkeyId} and user_id = ${user.userId}`,
    )) !== undefined,
};
