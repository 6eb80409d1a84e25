import { usersEvents } from '#contracts/users/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { mediaKey } from './media.ts';
import { languagesOf, stylesOf } from './profiles.ts';
import type { PersonalFiles, PersonalSection } from '#kit/service/personal-data.ts';

/** Tells the person of his archive or erasure, in the app and by mail. */
export function noticePersonalData(
  tx: Tx,
  userId: string,
  kind: 'export_ready' | 'erasure_requested' | 'erasure_near' | 'erasure_called_off',
  at: Date | null,
): void {
  tx.emit(usersEvents.personalDataNoticed, userId, { userId, kind, at: at?.toISOString() ?? null });
}

/** What this service keeps of a person (P1). */
export const ownSections: Readonly<Record<string, PersonalSection>> = {
  profile: {
    title: { ru: 'Профиль', en: 'Profile' },
    rows: (userId) => sql`
      select user_id as "userId", slug, display_name as "displayName", email, email_confirmed as "emailConfirmed", phone, phone_verified as "phoneVerified", locale, time_zone as "timeZone",
        country, city, kinds, headline, about, ${languagesOf} as languages, hourly_rate::text as "hourlyRate", hourly_currency as "hourlyCurrency", availability, skills, ${stylesOf} as styles, visibility, members_only as "membersOnly",
        status, block_reason as "blockReason", blocked_until as "blockedUntil", registered_at as "registeredAt", erase_at as "eraseAt"
      from profiles p where user_id = ${userId}`,
  },
  portfolio: {
    title: { ru: 'Портфолио', en: 'Portfolio' },
    rows: (userId) => sql`
      select item_id as "itemId", title, description, link, tags, created_at as "createdAt" from portfolio_items where user_id = ${userId} order by position, item_id`,
  },
  images: {
    title: { ru: 'Изображения', en: 'Images' },
    rows: (userId) => sql`
      select media_id as "fileId", item_id as "itemId", width, height, created_at as "uploadedAt" from media where user_id = ${userId} order by media_id`,
  },
  ratings: {
    title: { ru: 'Оценки', en: 'Ratings' },
    rows: (userId) =>
      sql`select review_id as "reviewId", rating, deleted from reviews where target_id = ${userId} order by review_id`,
  },
  deals: {
    title: { ru: 'Сделки', en: 'Deals' },
    rows: (userId) => sql`
      select order_id as "orderId", case when client_id = ${userId} then 'client' else 'freelancer' end as "as", published, hired, completed, on_time as "onTime", price::text as price, currency
      from deals where client_id = ${userId} or freelancer_id = ${userId} order by order_id`,
  },
  answers: {
    title: { ru: 'Первые ответы в беседах', en: 'First answers in conversations' },
    rows: (userId) => sql`
      select conversation_id as "conversationId", asked_at as "askedAt", answered_at as "answeredAt" from first_answers where user_id = ${userId} order by conversation_id`,
  },
  consents: {
    title: { ru: 'Согласия', en: 'Consents' },
    rows: (userId) => sql`select kind, version, given, at from consents where user_id = ${userId} order by consent_id`,
  },
  exports: {
    title: { ru: 'Выгрузки данных', en: 'Exports of data' },
    rows: (userId) => sql`
      select export_id as "exportId", status, requested_at as "requestedAt", ready_at as "readyAt" from exports where user_id = ${userId} order by requested_at, export_id`,
  },
};

export const ownFiles: PersonalFiles = {
  rows: (userId) =>
    sql`select media_id as "fileId", media_id || '.webp' as "fileName" from media where user_id = ${userId} order by media_id`,
  key: mediaKey,
};
