import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1). Others' words are theirs and stay out. */
export const personalData = personalDataHandlers(
  {
    orders: {
      title: { ru: 'Заказы', en: 'Orders' },
      rows: (userId) => sql`
        select order_id as "orderId", case when client_id = ${userId} then 'client' else 'freelancer' end as "as", title,
          case when client_id = ${userId} then description end as description, category, tags, skills, styles, budget_min::text as "budgetMin", budget_max::text as "budgetMax",
          price::text as price, currency, deadline, status, access, nda, created_at as "createdAt", published_at as "publishedAt", due_at as "dueAt", completed_at as "completedAt"
        from orders where client_id = ${userId} or freelancer_id = ${userId} order by created_at, order_id`,
    },
    history: {
      title: { ru: 'Ваши действия с заказами', en: 'What you did with orders' },
      rows: (userId) => sql`
        select order_id as "orderId", at, action, from_status as "from", to_status as "to", reason from history where actor_id = ${userId} order by entry_id`,
    },
    changes: {
      title: { ru: 'Ваши правки заказов', en: 'Your edits of orders' },
      rows: (userId) => sql`
        select c.order_id as "orderId", h.at, c.changes from history_changes c join history h using (entry_id) where h.actor_id = ${userId} order by c.entry_id`,
    },
    responses: {
      title: { ru: 'Отклики', en: 'Responses' },
      rows: (userId) => sql`
        select response_id as "responseId", order_id as "orderId", price::text as price, currency, days, letter, milestones, counter, status, created_at as "createdAt", valid_until as "validUntil", opened_at as "openedAt", deposit::text as deposit, deposit_status as "depositStatus"
        from responses where freelancer_id = ${userId} order by created_at, response_id`,
    },
    invitations: {
      title: { ru: 'Приглашения', en: 'Invitations' },
      rows: (userId) =>
        sql`select invitation_id as "invitationId", order_id as "orderId", at, seen_at as "seenAt", declined_at as "declinedAt", withdrawn_at as "withdrawnAt", reason from invitations where freelancer_id = ${userId} order by invitation_id`,
    },
    secrecy: {
      title: { ru: 'Согласия хранить тайну', en: 'Consents to keep secret' },
      rows: (userId) =>
        sql`select order_id as "orderId", at from nda_consents where user_id = ${userId} order by at, order_id`,
    },
    proposals: {
      title: { ru: 'Предложения изменить сделку', en: 'Proposals to change a deal' },
      rows: (userId) => sql`
        select p.order_id as "orderId", p.status, p.terms, p.reason, p.created_at as "createdAt", p.decided_at as "decidedAt"
        from proposals p join orders o using (order_id)
        where (p.by_side = 'client' and o.client_id = ${userId}) or (p.by_side = 'freelancer' and o.freelancer_id = ${userId}) order by p.created_at, p.proposal_id`,
    },
    time: {
      title: { ru: 'Записанное время', en: 'Time entries' },
      rows: (userId) => sql`
        select t.entry_id as "entryId", t.order_id as "orderId", t.day::text as day, t.minutes, t.note, t.created_at as "createdAt" from time_entries t join orders o using (order_id)
        where o.freelancer_id = ${userId} order by t.day, t.entry_id`,
    },
    deliveries: {
      title: { ru: 'Сданные работы', en: 'Deliveries' },
      rows: (userId) => sql`
        select d.delivery_id as "deliveryId", d.order_id as "orderId", d.text, d.at from deliveries d join orders o using (order_id)
        where o.freelancer_id = ${userId} order by d.at, d.delivery_id`,
    },
    reviewsWritten: {
      title: { ru: 'Отзывы, которые вы написали', en: 'Reviews that you wrote' },
      rows: (userId) => sql`
        select review_id as "reviewId", order_id as "orderId", rating, text, created_at as "createdAt", published_at as "publishedAt", deleted_at as "deletedAt", justification
        from reviews where author_id = ${userId} order by created_at, review_id`,
    },
    reviewsReceived: {
      title: { ru: 'Оценки, которые вы получили, и ваши ответы', en: 'Ratings that you got, and your answers' },
      rows: (userId) => sql`
        select review_id as "reviewId", order_id as "orderId", rating, answer, published_at as "publishedAt" from reviews
        where target_id = ${userId} and published_at is not null order by published_at, review_id`,
    },
    savedSearches: {
      title: { ru: 'Сохранённые поиски', en: 'Saved searches' },
      rows: (userId) => sql`
        select saved_search_id as "savedSearchId", name, query, frequency, found, last_found_at as "lastFoundAt", created_at as "createdAt" from saved_searches where user_id = ${userId} order by saved_search_id`,
    },
    files: {
      title: { ru: 'Файлы', en: 'Files' },
      rows: (userId) => sql`
        select attachment_id as "fileId", order_id as "orderId", kind, file_name as "fileName", content_type as "contentType", size, at from attachments where owner_id = ${userId} order by attachment_id`,
    },
  },
  {
    rows: (userId) =>
      sql`select attachment_id as "fileId", file_name as "fileName" from attachments where owner_id = ${userId} order by attachment_id`,
    key: (fileId) => fileId,
  },
);
