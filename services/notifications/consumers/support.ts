import type { NotificationsConsumers } from '../context.ts';
import { notify } from '../notify.ts';

type C = NotificationsConsumers;

/** What a party of a dispute must not miss has words of its own, with the date by which to act. */
function happeningOf(
  of: { kind: string; action: string; authorId: string; assigneeId: string | null; until?: string | null | undefined },
  userId: string,
) {
  const party = of.kind === 'dispute' && userId !== of.assigneeId;
  if (party && of.action === 'appeal') return 'dispute_appealed';
  if (party && of.until) {
    if (of.action === 'dispute_open' && userId !== of.authorId) return 'dispute_opened';
    if (of.action === 'ask') return 'dispute_asked';
    if (of.action === 'rule') return 'dispute_ruled';
  }
  return 'ticket_changed';
}

export const ticketChanged: C['ticketChanged'] = (ctx, event) => {
  const { ticketId, number, to, notify: people, until } = event.data;
  const subject = event.data.subjectIn ?? event.data.subject;
  return notify(
    ctx,
    event,
    [...new Set(people)].map((userId) => ({
      userId,
      event: happeningOf(event.data, userId),
      params: { ticketId, number, subject, status: to, until },
      thread: `ticket:${ticketId}`,
      // Only how it stands now counts.
      collapse: true,
    })),
  );
};

export const reviewDeletionNoticed: C['reviewDeletionNoticed'] = (ctx, event) => {
  const { authorId, targetId, ticketId, justification, what = 'deleted' } = event.data;
  const params = { ticketId, justification };
  // The target did not write it: of a redaction only the author hears.
  if (what === 'redacted') return notify(ctx, event, [{ userId: authorId, event: 'review_redacted_author', params }]);
  if (what === 'restored')
    return notify(
      ctx,
      event,
      [authorId, targetId].map((userId) => ({ userId, event: 'review_restored', params })),
    );
  return notify(ctx, event, [
    { userId: authorId, event: 'review_deleted_author', params: { ticketId, justification } },
    { userId: targetId, event: 'review_deleted_target', params: { justification } },
  ]);
};
