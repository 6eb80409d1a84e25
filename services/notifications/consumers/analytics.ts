import type { NotificationsConsumers } from '../context.ts';
import { notify } from '../notify.ts';

/** A report on schedule: by mail with its file, and in the app. */
export const reportReady: NotificationsConsumers['reportReady'] = (ctx, event) => {
  const { reportId, recipientId, title, from, to } = event.data;
  return notify(ctx, event, [
    { userId: recipientId, event: 'report_ready', params: { reportId, title, period: `${from} — ${to}` } },
  ]);
};
