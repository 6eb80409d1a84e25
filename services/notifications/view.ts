import type { z } from 'zod';
import type { notificationView } from '#contracts/notifications/http.ts';
import type { NotificationRow } from './data/notifications.ts';
import { counted, type Reader, renderShort } from './templates/render.ts';

/** A notification as its reader sees it. */
export function viewOf(row: NotificationRow, reader: Reader): z.input<typeof notificationView> {
  return {
    notificationId: row.notificationId,
    type: row.type,
    event: row.event,
    ...renderShort(row.event, counted(row.params, row.count), reader),
    count: row.count,
    readAt: row.readAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
