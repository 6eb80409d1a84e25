import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1): figures under the bare id. */
export const personalData = personalDataHandlers({
  activity: {
    title: { ru: 'Дни активности', en: 'Active days' },
    rows: (userId) => sql`select bucket from activity where user_id = ${userId} order by bucket`,
  },
  figures: {
    title: { ru: 'Показатели', en: 'Figures' },
    rows: (userId) => sql`select registered_at as "registeredAt", skills from user_facts where user_id = ${userId}`,
  },
  bids: {
    title: { ru: 'Приглашения, отклики, наймы', en: 'Invitations, responses, hires' },
    rows: (userId) => sql`
      select order_id as "orderId", invited_at as "invitedAt", responded_at as "respondedAt", hired_at as "hiredAt"
      from bid_facts where freelancer_id = ${userId} order by order_id`,
  },
  views: {
    title: { ru: 'Просмотры профиля по дням', en: 'Looks at the profile by day' },
    rows: (userId) =>
      sql`select day, count(*)::int as views from profile_views where user_id = ${userId} group by day order by day`,
  },
  money: {
    title: { ru: 'Доход и траты', en: 'Income and spending' },
    rows: (userId) =>
      sql`select bucket as at, currency, income::text as income, spent::text as spent from user_money where user_id = ${userId} order by currency, bucket`,
  },
  reports: {
    title: { ru: 'Отчёты', en: 'Reports' },
    rows: (userId) => sql`
      select report, format, range_from as "from", range_to as "to", state, created_at as "createdAt"
      from reports where owner_id = ${userId} order by report_id`,
  },
  orders: {
    title: { ru: 'Сроки сделок', en: 'Times of deals' },
    rows: (userId) => sql`
      select order_id as "orderId", category, published_at as "publishedAt", first_response_at as "firstResponseAt", started_at as "startedAt", completed_at as "completedAt"
      from order_facts where client_id = ${userId} or freelancer_id = ${userId} order by order_id`,
  },
});
