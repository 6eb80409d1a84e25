import type { adminContract } from '#contracts/admin/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { appendEntry } from '../data/audit.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

/** What the person wrote leaves; the audit log knows ids only and keeps that the erasure happened, whoever asked for it. */
export const userErased: Consumers<typeof adminContract, AdminContext>['userErased'] =
  async (ctx, event) => async (tx) => {
    const { userId, actorId } = event.data;
    await forgetStoredReplies(tx, userId);
    await tx.run(sql`update escalations set subject = '', subject_in = null, reason = '' where author_id = ${userId}`);
    await tx.run(sql`update block_appeals set text = '' where user_id = ${userId}`);
    await appendEntry(
      tx,
      ctx.auditKey,
      event.time,
      { actorId, action: 'users.erased', targetKind: 'user', targetId: userId, outcome: 'done' },
      { announce: false },
    );
  };
