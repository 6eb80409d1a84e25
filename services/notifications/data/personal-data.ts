import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1). */
export const personalData = personalDataHandlers({
  notifications: {
    title: { ru: 'Уведомления', en: 'Notifications' },
    rows: (userId) => sql`
      select notification_id as "notificationId", type, event, params - 'earlier' as params, count, read_at as "readAt", created_at as "createdAt"
      from notifications where user_id = ${userId} order by notification_id`,
  },
  deliveries: {
    title: { ru: 'Письма и сообщения', en: 'Mails and messages' },
    rows: (userId) => sql`
      select delivery_id as "deliveryId", channel, type, event, params - 'earlier' as params, state, created_at as "createdAt", done_at as "doneAt"
      from deliveries where user_id = ${userId} order by delivery_id`,
  },
  preferences: {
    title: { ru: 'Настройки уведомлений', en: 'Notification preferences' },
    rows: (userId) => sql`
      select muted, quiet_from as "quietFrom", quiet_to as "quietTo", digest, updated_at as "updatedAt" from preferences where user_id = ${userId}`,
  },
  devices: {
    title: { ru: 'Устройства с push-уведомлениями', en: 'Devices with push' },
    rows: (userId) =>
      sql`select endpoint, created_at as "createdAt" from push_subscriptions where user_id = ${userId} order by subscription_id`,
  },
  readMarks: {
    title: { ru: 'Прочитанные разговоры', en: 'Conversations read' },
    rows: (userId) =>
      sql`select conversation_id as "conversationId", up_to as "upTo" from read_marks where user_id = ${userId} order by conversation_id`,
  },
  suppressions: {
    title: { ru: 'Почта остановлена', en: 'Mail stopped' },
    rows: (userId) => sql`select reason, at from suppressions where user_id = ${userId}`,
  },
  webhooks: {
    title: { ru: 'Вебхуки', en: 'Webhooks' },
    rows: (userId) => sql`
      select url, description, events, scope, enabled, created_at as "createdAt" from webhook_endpoints where owner_id = ${userId} order by endpoint_id`,
  },
});
