import { z } from 'zod';
import { adminEvents } from '#contracts/admin/events.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { stableId } from '../domain/stable-id.ts';

const payload = z.object({ noticeId: z.uuid(), cursor: z.string().nullable() });
/** Pages of 100 users per run: one event each run, within its limit of 1,000 people. */
const PAGES_PER_RUN = 10;

/**
 * Sends a notice to every active user, a portion per run. A run that is repeated makes the same portion under the same
 * id, which notifications has then.
 */
export const spreadNotice: Job<AdminContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { noticeId, cursor }) {
    const notice = await ctx.db.maybe<{
      title: { ru: string; en: string };
      text: { ru: string; en: string };
      critical: boolean;
    }>(sql`select title, text, critical from notices where notice_id = ${noticeId}`);
    if (!notice) return;
    const recipientIds: string[] = [];
    let next: string | null = cursor;
    for (let pages = 0; pages < PAGES_PER_RUN; pages++) {
      const page = await ctx.clients.users.listUsers({
        query: { status: 'active', limit: 100, cursor: next ?? undefined },
      });
      recipientIds.push(...page.items.map((user) => user.userId));
      next = page.nextCursor;
      if (next === null) break;
    }
    const portionId = stableId('notice', `${noticeId}:${cursor ?? ''}`);
    await ctx.db.tx(async (tx) => {
      await tx.run(
        sql`update notices set recipients = recipients + ${recipientIds.length} where notice_id = ${noticeId}`,
      );
      if (recipientIds.length > 0)
        tx.emit(adminEvents.noticeRequested, portionId, { noticeId: portionId, recipientIds, ...notice });
      if (next !== null)
        await tx.schedule(
          'spreadNotice',
          { noticeId, cursor: next },
          { key: `notice:${noticeId}:${next}`.slice(0, 400) },
        );
    });
  },
};
