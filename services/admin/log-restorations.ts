import type { AdminContext } from './context.ts';
import { appendEntry } from './data/audit.ts';
import { unloggedRestorations } from './data/backups.ts';
import { lockFor } from './data/settings.ts';

/** The log of a restored platform ends before the restoration; at its first start it learns of it, once for all replicas. */
export async function logRestorations(ctx: AdminContext): Promise<void> {
  await ctx.db.tx(async (tx) => {
    await lockFor(tx, 'restorations');
    for (const task of await unloggedRestorations(tx)) {
      const entry = {
        actorId: task.askedBy,
        action: 'backup.restored',
        targetKind: 'backup',
        targetId: task.name ?? '',
        outcome: 'done' as const,
        after: { askedAt: task.askedAt.toISOString() },
        reason: null,
        address: null,
        requestId: null,
      };
      await appendEntry(tx, ctx.auditKey, ctx.clock.now(), entry, { entryId: task.taskId });
    }
  });
}
