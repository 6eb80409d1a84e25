import { z } from 'zod';
import { bytes, type ErrorDefinition, guest, type Permission, route, signedIn } from '../common/define.ts';
import { id, page, pageQuery, timestamp } from '../common/values.ts';
import { webhookRoutes } from './webhooks.ts';

/** A report brings the mail that it is about, with its attachments. */
const MAX_REPORT_BYTES = 5 * 1024 * 1024;

/** What a person switches on and off, per channel. `security` and other critical news can't be muted. */
export const NOTIFICATION_TYPES = [
  'responses',
  'orders',
  'deadlines',
  'searches',
  'messages',
  'money',
  'reviews',
  'support',
  'system',
  'security',
] as const;
export const notificationType = z.enum(NOTIFICATION_TYPES);
export type NotificationType = z.infer<typeof notificationType>;

/** A notification in the language of the reader. The live frame carries the same shape. */
export const notificationView = z.object({
  notificationId: id,
  type: notificationType,
  /** What happened, as named in the list of templates: `order_delivered`. */
  event: z.string(),
  title: z.string(),
  text: z.string(),
  /** Path in the web app: `/orders/<id>`. */
  link: z.string(),
  /** How many of the same kind about the same thing this one stands for. */
  count: z.number().int(),
  readAt: timestamp.nullable(),
  createdAt: timestamp,
});

const channels = z.object({ inApp: z.boolean(), email: z.boolean(), push: z.boolean() });
/** Left out: as it is. */
const switches = z.strictObject({ inApp: z.boolean(), email: z.boolean(), push: z.boolean().optional() });
const wallTime = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day like 22:30');
/** In the person's time zone. `from` after `to` goes over midnight. Critical mail comes all the same. */
const quietHours = z
  .strictObject({ from: wallTime, to: wallTime })
  .refine((hours) => hours.from !== hours.to, { path: ['to'], message: 'must differ from the beginning' });
const digest = z.enum(['off', 'hourly', 'daily', 'weekly']);

export const preferences = z.object({
  types: z.array(z.object({ type: notificationType, title: z.string(), critical: z.boolean(), channels })),
  quietHours: quietHours.nullable(),
  /** Collects mail that can wait; daily and weekly come at 9 in the morning, weekly on Mondays. */
  digest,
  version: z.number().int(),
});

const byNotification = z.object({ notificationId: id });
const byToken = z.object({ token: z.string().max(400) });
const unread = z.object({ unread: z.number().int() });
const HTML = bytes(['text/html'], 64 * 1024);

/** Public routes of notifications, below `/api/v1`. */
export const notificationsHttp = {
  ...webhookRoutes,
  listNotifications: route({
    method: 'GET',
    path: '/notifications',
    summary: 'Own notifications, newest first',
    rows: ['N2'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    query: z.object({ ...pageQuery, unread: z.stringbool().default(false), type: notificationType.optional() }),
    reply: page(notificationView),
  }),
  getUnreadCount: route({
    method: 'GET',
    path: '/notifications/unread-count',
    summary: 'Number of unread notifications: the badge',
    rows: ['N2'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: unread,
  }),
  markRead: route({
    method: 'POST',
    path: '/notifications/{notificationId}/read',
    summary: 'Mark a notification as read',
    rows: ['N2'],
    access: signedIn({ confirmed: false, owner: 'ownNotification' }),
    params: byNotification,
    reply: unread,
    status: 200,
  }),
  /** Answers with what is unread after it: what came meanwhile stays. */
  markAllRead: route({
    method: 'POST',
    path: '/notifications/read-all',
    summary: 'Mark all notifications as read, up to the one named',
    rows: ['N2'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    body: z.strictObject({ upTo: id.optional() }).optional(),
    reply: unread,
    status: 200,
    example: { body: {} },
  }),
  getPreferences: route({
    method: 'GET',
    path: '/me/notification-preferences',
    summary: 'What comes by which channel, quiet hours, digest',
    rows: ['N3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: preferences,
  }),
  putPreferences: route({
    method: 'PUT',
    path: '/me/notification-preferences',
    summary: 'Set the preferences; types left out stay as they are',
    rows: ['N3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    ifMatch: true,
    body: z.strictObject({
      types: z
        .array(z.strictObject({ type: notificationType, channels: switches }))
        .max(NOTIFICATION_TYPES.length)
        .default([]),
      quietHours: quietHours.nullable().optional(),
      digest: digest.optional(),
    }),
    reply: preferences,
    errors: ['notifications.not_mutable'],
    example: {
      body: { types: [{ type: 'messages', channels: { inApp: true, email: false } }], digest: 'daily' },
    },
  }),
  askUnsubscribe: route({
    method: 'GET',
    path: '/unsubscribe/{token}',
    summary: 'The page behind the link of a mail: asks, changes nothing',
    rows: ['N3'],
    access: guest,
    params: byToken,
    reply: HTML,
  }),
  /** RFC 8058. */
  unsubscribe: route({
    method: 'POST',
    path: '/unsubscribe/{token}',
    summary: 'One-click unsubscription from mail of one type',
    rows: ['N3'],
    access: guest,
    params: byToken,
    rate: 'write',
    body: bytes(['application/x-www-form-urlencoded', 'multipart/form-data'], 4096),
    reply: HTML,
    status: 200,
  }),
  getPushKey: route({
    method: 'GET',
    path: '/me/push-key',
    summary: 'Public key (VAPID, P-256 uncompressed, base64url) that a browser subscribes to web push with',
    rows: ['N3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: z.object({ publicKey: z.string() }),
  }),
  /** The same endpoint again is the same subscription. */
  addPushSubscription: route({
    method: 'POST',
    path: '/me/push-subscriptions',
    summary: 'Take web push on this device',
    rows: ['N3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    idempotency: 'optional',
    body: z.strictObject({
      endpoint: z.url().max(1000),
      keys: z.strictObject({
        p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/),
        auth: z.string().regex(/^[A-Za-z0-9_-]{22}(==)?$/),
      }),
    }),
    reply: z.object({ subscriptionId: id }),
    errors: ['notifications.push_service_unknown'],
    example: {
      body: {
        endpoint: 'https://fcm.googleapis.com/fcm/send/example',
        keys: {
          p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
          auth: 'BTBZMqHH6r4Tts7J_aSIgg',
        },
      },
    },
  }),
  removePushSubscription: route({
    method: 'DELETE',
    path: '/me/push-subscriptions/{subscriptionId}',
    summary: 'Stop web push on a device',
    rows: ['N3'],
    access: signedIn({ confirmed: false, owner: 'ownDevice' }),
    params: z.object({ subscriptionId: id }),
    reply: null,
  }),
  /** For the operator's mail provider, with MAIL_FEEDBACK_KEY as bearer. The Message-ID says whose mail it was; no address is needed. */
  reportMail: route({
    method: 'POST',
    path: '/mail-feedback',
    summary: 'A mail bounced for good, or its reader complained',
    rows: ['N1'],
    access: guest,
    headers: ['authorization'],
    body: z.strictObject({ messageId: z.string().max(300), kind: z.enum(['bounce', 'complaint']) }),
    reply: null,
    errors: ['unauthenticated', 'not_found'],
    example: { body: { messageId: '<0199a000-0000-7000-8000-000000000000@localhost>', kind: 'bounce' } },
  }),
  /** For a mail server that hands on what comes to the address for reports. What is no report is taken and does nothing. */
  takeMailReport: route({
    method: 'POST',
    path: '/mail-feedback/reports',
    summary: 'A report as it came by mail: not deliverable (RFC 3464), or a complaint (RFC 5965)',
    rows: ['N1'],
    access: guest,
    headers: ['authorization'],
    body: bytes(['message/rfc822'], MAX_REPORT_BYTES),
    reply: null,
    errors: ['unauthenticated', 'not_found'],
  }),
};

export const notificationsPermissions: Record<string, Permission> = {
  'notifications.webhooks.platform': {
    title: { ru: 'Вебхуки платформы', en: 'Webhooks of the platform' },
    roles: ['admin'],
  },
};

export const notificationsErrors: Record<string, ErrorDefinition> = {
  'notifications.not_mutable': {
    status: 409,
    title: { ru: 'Такие уведомления отключить нельзя', en: 'These notifications can not be muted' },
  },
  'notifications.push_service_unknown': {
    status: 422,
    title: { ru: 'Неизвестный сервис push-уведомлений', en: 'Unknown push service' },
  },
  'notifications.webhook_address_refused': {
    status: 422,
    title: { ru: 'По этому адресу вебхуки не отправляются', en: 'Webhooks are not sent to this address' },
  },
  'notifications.too_many_webhooks': { status: 409, title: { ru: 'Слишком много вебхуков', en: 'Too many webhooks' } },
  'notifications.too_many_calls': {
    status: 409,
    title: { ru: 'Слишком много вызовов ждут отправки', en: 'Too many calls are waiting' },
  },
  'notifications.webhook_stopped': { status: 409, title: { ru: 'Вебхук выключен', en: 'The webhook is off' } },
  'notifications.template_faulty': {
    status: 400,
    title: { ru: 'В шаблоне есть ошибки', en: 'The template has faults' },
  },
};
