import type { rolesContract } from '#contracts/roles/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { RolesContext } from '../context.ts';
import { lockAssignments } from '../data/roles.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

/** The history keeps the bare id: who changed rights must stay known (P4). */
export const userErased: Consumers<typeof rolesContract, RolesContext>['userErased'] =
  async (ctx, event) => async (tx) => {
    const { userId } = event.data;
    await forgetStoredReplies(tx, userId);
    await lockAssignments(tx);
    await tx.run(
      sql`insert into erased_users (user_id, at) values (${userId}, ${ctx.clock.now()}) on conflict do nothing`,
    );
    await tx.run(sql`delete from assignments where user_id = ${userId}`);
  };
