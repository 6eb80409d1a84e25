import { adminEvents } from '#contracts/admin/events.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';

/** Most people that one notice names; everybody is reached in portions. */
const MAX_RECIPIENTS = 1_000;
const MAX_MEMBERS = 500;

async function recipientsOf(ctx: AdminContext, ids: readonly string[], roles: readonly string[]): Promise<string[]> {
  const all = new Set(ids);
  for (const name of new Set(roles)) {
    const { items } = await ctx.clients.roles.listMembers({ params: { name }, query: { limit: MAX_MEMBERS } });
    if (items.length >= MAX_MEMBERS) throw new Problem('admin.too_many_recipients', { detail: name });
    for (const member of items) all.add(member.userId);
  }
  if (all.size > MAX_RECIPIENTS)
    throw new Problem('admin.too_many_recipients', { detail: `at most ${MAX_RECIPIENTS}` });
  return [...all];
}

export const sendNotice: AdminHandlers['sendNotice'] = async (ctx, req) => {
  const { recipientIds, roles, everybody, title, text, critical, reason } = req.body;
  const noticeId = newId();
  let recipients: string[] = [];
  return await audited(
    ctx,
    req,
    {
      action: 'notice.send',
      targetKind: 'notice',
      targetId: noticeId,
      reason,
      wanted: { title, critical, roles, everybody, recipients: recipientIds.length },
    },
    {
      async check() {
        if (everybody) return;
        recipients = await recipientsOf(ctx, recipientIds, roles);
        if (recipients.length === 0) throw new Problem('admin.no_recipients');
      },
      async write(tx) {
        await tx.run(sql`
          insert into notices (notice_id, actor_id, title, text, critical, everybody, recipients, created_at)
          values (${noticeId}, ${req.user.userId}, ${JSON.stringify(title)}::jsonb, ${JSON.stringify(text)}::jsonb,
            ${critical}, ${everybody}, ${recipients.length}, ${ctx.clock.now()})`);
        if (everybody) await tx.schedule('spreadNotice', { noticeId, cursor: null }, { key: `notice:${noticeId}` });
        else
          tx.emit(adminEvents.noticeRequested, noticeId, { noticeId, recipientIds: recipients, title, text, critical });
        const count = everybody ? null : recipients.length;
        return {
          body: { noticeId, recipients: count },
          after: { title, critical, roles, everybody, recipients: count },
        };
      },
    },
  );
};
