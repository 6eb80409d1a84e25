import type { SupportConsumers } from '../context.ts';
import { isOurs, putSettingVersion, putStaff } from '../data/known.ts';
import { removeAttachmentsOf } from '../data/attachments.ts';
import { eraseWordsOf } from '../data/messages.ts';
import { lockTicket, ticketsAssignedTo } from '../data/tickets.ts';
import type { Tx } from '#kit/db/db.ts';
import { SYSTEM, takeStep } from '../step.ts';
import { forgetStaff } from '../data/staff.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

const STAFF_ROLES = ['support', 'admin'];

/** Keeps the versions of its settings; which one acts is decided by the clock. */
export const settingChanged: SupportConsumers['settingChanged'] = async (_ctx, event) => async (tx) => {
  const { key, version, value, actsFrom } = event.data;
  if (!isOurs(key)) return;
  await putSettingVersion(tx, { key, version, value, actsFrom: new Date(actsFrom) });
};

/** Who is staff; who no longer is, loses the tickets on the desk to the queue. */
export const assignmentChanged: SupportConsumers['assignmentChanged'] = async (ctx, event) => async (tx) => {
  const { userId, roles } = event.data;
  const member = roles.some((role) => STAFF_ROLES.includes(role));
  const newest = await putStaff(tx, userId, member, event.time);
  if (newest && !member) await clearDesk(tx, userId, ctx.clock.now());
};

/** Erasure (P2): own words go, tickets on the desk go back to the queue. */
export const userErased: SupportConsumers['userErased'] = async (ctx, event) => async (tx) => {
  const { userId } = event.data;
  await forgetStoredReplies(tx, userId);
  const files = await removeAttachmentsOf(tx, userId);
  if (files.length > 0) await tx.schedule('deleteFiles', { keys: files });
  await putStaff(tx, userId, false, event.time);
  await forgetStaff(tx, userId);
  await clearDesk(tx, userId, ctx.clock.now());
  await eraseWordsOf(tx, userId);
};

async function clearDesk(tx: Tx, userId: string, now: Date): Promise<void> {
  for (const ticketId of await ticketsAssignedTo(tx, userId)) {
    const ticket = await lockTicket(tx, ticketId);
    if (ticket?.assigneeId === userId)
      await takeStep(tx, ticket, { action: 'unassign', actor: SYSTEM, set: { assigneeId: null }, now });
  }
}
