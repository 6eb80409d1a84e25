import type { Contact } from '#contracts/users/internal.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { Effect } from '#kit/service/types.ts';
import type { NotificationsContext } from './context.ts';
import { addDelivery, followNotification } from './data/deliveries.ts';
import { addNotification, type NotificationRow, unreadCounts } from './data/notifications.ts';
import { withDevices } from './data/push.ts';
import { preferencesOf } from './data/preferences.ts';
import { type Channel, wants } from './domain/preferences.ts';
import { contactsIfThere, nameOf } from './people.ts';
import { type Happening, templateOf } from './templates/catalogue.ts';
import { viewOf } from './view.ts';

/** Something that one person should hear of. */
export interface Notice {
  readonly userId: string;
  readonly event: Happening;
  readonly params: Readonly<Record<string, unknown>>;
  /** Who did it. */
  readonly actorId?: string | null;
  /** What it is about: `order:<id>`. */
  readonly thread?: string;
  /** Takes the place of the unread one of the same event and thread. */
  readonly collapse?: boolean;
  /** Comes whatever the preferences say, besides what its template says. */
  readonly critical?: boolean;
  /** The mail waits until then; what is read before is not mailed. */
  readonly mailAt?: Date;
}

/**
 * Tells people: in the app, live at once, and by mail, as they like it. One event tells a person of one happening at
 * most once, however often it is delivered. `prepare` runs first in the transaction and may take notices out.
 */
export async function notify(
  ctx: NotificationsContext,
  event: { readonly id: string },
  notices: readonly Notice[],
  prepare?: (tx: Tx) => Promise<readonly Notice[]>,
): Promise<Effect | undefined> {
  if (notices.length === 0 && !prepare) return undefined;
  const people = await contactsIfThere(
    ctx,
    notices.flatMap((notice) => [notice.userId, ...(notice.actorId ? [notice.actorId] : [])]),
  );
  return async (tx) => {
    const wanted = prepare ? await prepare(tx) : notices;
    if (wanted.length === 0) return;
    const userIds = wanted.map((notice) => notice.userId);
    const preferences = await preferencesOf(tx, userIds);
    const devices = await withDevices(tx, userIds);
    const shown: NotificationRow[] = [];
    for (const notice of wanted) {
      const { type, critical: always, channels } = templateOf(notice.event);
      const critical = (always ?? false) || (notice.critical ?? false);
      const wish = (channel: Channel) =>
        channels.includes(channel === 'push' ? 'inApp' : channel) &&
        wants(preferences(notice.userId), type, channel, critical);
      const row = wish('inApp') ? await show(ctx, tx, notice) : undefined;
      if (row) shown.push(row);
      const delivery = { eventId: event.id, notice, critical, notificationId: row?.notificationId ?? null };
      if (wish('email')) await queue(ctx, tx, 'email', delivery);
      if (devices.has(notice.userId) && wish('push')) await queue(ctx, tx, 'push', delivery);
    }
    await pushLive(ctx, tx, shown, people);
    tx.afterCommit(() => ctx.mailer.wake());
  };
}

async function show(ctx: NotificationsContext, tx: Tx, notice: Notice): Promise<NotificationRow> {
  const row = {
    notificationId: newId(),
    userId: notice.userId,
    type: templateOf(notice.event).type,
    event: notice.event,
    params: notice.params,
    actorId: notice.actorId ?? null,
    thread: notice.thread ?? null,
    readAt: null,
    createdAt: ctx.clock.now(),
  };
  const { joins, ...told } = await addNotification(tx, row, notice.collapse ?? false);
  const { userId, event, thread, notificationId } = row;
  if (joins && thread !== null) await followNotification(tx, { userId, event, thread, notificationId });
  return { ...row, ...told };
}

async function queue(
  ctx: NotificationsContext,
  tx: Tx,
  channel: 'email' | 'push',
  of: { eventId: string; notice: Notice; critical: boolean; notificationId: string | null },
): Promise<void> {
  const { eventId, notice, critical, notificationId } = of;
  const now = ctx.clock.now();
  await addDelivery(tx, {
    deliveryId: newId(),
    dedupeKey: `${eventId}:${notice.userId}:${notice.event}${channel === 'email' ? '' : `:${channel}`}`,
    channel,
    userId: notice.userId,
    type: templateOf(notice.event).type,
    event: notice.event,
    params: notice.params,
    actorId: notice.actorId ?? null,
    notificationId,
    thread: notice.thread ?? null,
    collapse: notice.collapse,
    critical,
    sendAt: (channel === 'email' ? notice.mailAt : undefined) ?? now,
    createdAt: now,
  });
}

/** Frames carry what the list shows, and the badge as it is after the commit. */
async function pushLive(
  ctx: NotificationsContext,
  tx: Tx,
  rows: readonly NotificationRow[],
  people: ReadonlyMap<string, Contact>,
): Promise<void> {
  if (rows.length === 0) return;
  const unread = await unreadCounts(
    tx,
    rows.map((row) => row.userId),
  );
  tx.afterCommit(() => {
    for (const row of rows) {
      const reader = people.get(row.userId);
      const notification = viewOf(row, {
        locale: reader?.locale ?? 'ru',
        timeZone: reader?.timeZone ?? 'Europe/Moscow',
        who: row.actorId === null ? undefined : nameOf(people.get(row.actorId)),
      });
      ctx.live.push([row.userId], { type: 'notification', notification, unread: unread.get(row.userId) ?? 0 });
    }
  });
}

/** Tells people live how many are unread, where that changed. */
export async function pushUnread(ctx: NotificationsContext, tx: Tx, userIds: readonly string[]): Promise<void> {
  const unread = await unreadCounts(tx, userIds);
  tx.afterCommit(() => {
    for (const userId of userIds)
      ctx.live.push([userId], { type: 'notifications-read', unread: unread.get(userId) ?? 0 });
  });
}
