import { z } from 'zod';
import { may, route } from '../common/define.ts';
import { id } from '../common/values.ts';
import { backupFolderName, backupTask, backupView, reason } from './views.ts';

const byName = z.object({ name: backupFolderName });
const example = { params: { name: '2026-01-02T03-04-05Z' } };

/** Routes about backups. What they start goes on by itself: its state is read by `getBackupTask`. */
export const backupRoutes = {
  getBackups: route({
    method: 'GET',
    path: '/admin/backups',
    summary: 'Backups, newest first, what was done lately, and the restoration that waits for the next start',
    rows: ['D4'],
    access: may('admin.backups.view'),
    reply: z.object({
      items: z.array(backupView),
      tasks: z.array(backupTask),
      restoration: backupTask.nullable(),
    }),
  }),
  getBackupTask: route({
    method: 'GET',
    path: '/admin/backup-tasks/{taskId}',
    summary: 'How far a backup, a verification or a restoration is',
    rows: ['D4'],
    access: may('admin.backups.view'),
    params: z.object({ taskId: id }),
    reply: backupTask,
  }),
  startBackup: route({
    method: 'POST',
    path: '/admin/backups',
    summary: 'Make a backup of the database and the files, beside the running platform',
    rows: ['D4'],
    access: may('admin.backups.make'),
    body: z.strictObject({ reason: reason.optional() }),
    reply: backupTask,
    status: 202,
    errors: ['admin.backup_busy'],
  }),
  verifyBackup: route({
    method: 'POST',
    path: '/admin/backups/{name}/verification',
    summary: 'Compare a backup with its sums, restore it into a database beside and verify the books there',
    rows: ['D4'],
    access: may('admin.backups.make'),
    params: byName,
    reply: backupTask,
    status: 202,
    errors: ['admin.backup_busy'],
    example,
  }),
  restoreBackup: route({
    method: 'POST',
    path: '/admin/backups/{name}/restoration',
    summary:
      'Prepare and verify a restoration, which the next start of the platform carries out; needs a fresh sign-in',
    rows: ['D4'],
    access: may('admin.backups.restore', { fresh: true }),
    params: byName,
    body: z.strictObject({
      /** The name of the backup once more: what came after it will be gone. */
      confirm: z.string().max(100),
      reason,
    }),
    reply: backupTask,
    status: 202,
    errors: ['admin.backup_busy', 'admin.not_confirmed', 'admin.second_admin_needed', 'admin.proposal_differs'],
    example,
  }),
  withdrawRestoration: route({
    method: 'POST',
    path: '/admin/restoration/withdrawal',
    summary: 'Take back the restoration that waits for the next start',
    rows: ['D4'],
    access: may('admin.backups.restore'),
    body: z.strictObject({ reason }),
    reply: backupTask,
    status: 202,
    errors: ['admin.backup_busy'],
  }),
};
