import type { Route } from '#contracts/common/define.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { audited } from '../audited.ts';
import {
  askTask,
  backupRowView,
  backupsNow,
  hasBackup,
  recentTasks,
  type TaskKind,
  taskOf,
  taskView,
  waitingRestoration,
} from '../data/backups.ts';
import type { ProposalRow } from '../data/proposals.ts';
import { secondPerson } from '../second-person.ts';
import { endProposal } from './users.ts';

export const getBackups: AdminHandlers['getBackups'] = async (ctx, req) => {
  ctx.healthNews.watch(req.user.userId);
  const [items, tasks, waiting] = await Promise.all([
    backupsNow(ctx.db),
    recentTasks(ctx.db),
    waitingRestoration(ctx.db),
  ]);
  const restoration = waiting ? taskView(waiting) : null;
  return { body: { items: items.map(backupRowView), tasks: tasks.map(taskView), restoration } };
};

export const getBackupTask: AdminHandlers['getBackupTask'] = async (ctx, req) => ({
  body: taskView(found(await taskOf(ctx.db, req.params.taskId))),
});

/** Writes the wish down; whoever keeps the backups (the process, as the database's owner) does the rest. */
async function ask(ctx: AdminContext, tx: Tx, user: Principal, kind: TaskKind, name: string | null) {
  const task = { taskId: newId(), kind, name, askedBy: user.userId, askedAt: ctx.clock.now() };
  if (!(await askTask(tx, task))) throw new Problem('admin.backup_busy');
  return taskView({ ...task, state: 'asked', endedAt: null, done: 0, parts: 0, fault: null });
}

export const startBackup: AdminHandlers['startBackup'] = async (ctx, req) => {
  const act = { action: 'backup.make', targetKind: 'backup', targetId: '', reason: req.body.reason };
  return await audited(ctx, req, act, {
    async write(tx) {
      const body = await ask(ctx, tx, req.user, 'backup', null);
      return { body, targetId: body.taskId };
    },
  });
};

export const verifyBackup: AdminHandlers['verifyBackup'] = async (ctx, req) => {
  const { name } = req.params;
  const act = { action: 'backup.verify', targetKind: 'backup', targetId: name };
  return await audited(ctx, req, act, {
    check: () => requireBackup(ctx, name),
    write: async (tx) => ({ body: await ask(ctx, tx, req.user, 'verify', name) }),
  });
};

export const restoreBackup: AdminHandlers['restoreBackup'] = async (ctx, req) => {
  const { name } = req.params;
  const { confirm, reason } = req.body;
  const action = 'backup.restore';
  let proposal: ProposalRow | undefined;
  return await audited(
    ctx,
    req,
    { action, targetKind: 'backup', targetId: name, reason },
    {
      async check() {
        await requireBackup(ctx, name);
        if (confirm !== name) throw new Problem('admin.not_confirmed');
        const act = { action, targetKind: 'backup', targetId: name, reason, details: null };
        proposal = await secondPerson<Route>(ctx, req, ['restoration'], act);
      },
      async write(tx) {
        const body = await ask(ctx, tx, req.user, 'restore', name);
        return { body, after: { taskId: body.taskId, ...(await endProposal(tx, proposal)) } };
      },
    },
  );
};

export const withdrawRestoration: AdminHandlers['withdrawRestoration'] = async (ctx, req) => {
  const waiting = found(await waitingRestoration(ctx.db));
  const { reason } = req.body;
  const act = { action: 'backup.restore.withdraw', targetKind: 'backup', targetId: waiting.name ?? '', reason };
  return await audited(ctx, req, act, {
    write: async (tx) => ({ body: await ask(ctx, tx, req.user, 'withdraw', waiting.name) }),
  });
};

async function requireBackup(ctx: AdminContext, name: string): Promise<void> {
  if (!(await hasBackup(ctx.db, name))) throw new Problem('not_found');
}
