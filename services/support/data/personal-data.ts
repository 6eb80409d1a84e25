import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';
import { attachmentKey } from './attachments.ts';

/** What this service keeps of a person (P1). Others' words and internal notes stay out. */
export const personalData = personalDataHandlers(
  {
    tickets: {
      title: { ru: 'Обращения', en: 'Tickets' },
      rows: (userId) => sql`
        select ticket_id as "ticketId", number, kind, category, subject, status, priority, order_id as "orderId", review_id as "reviewId", satisfaction, created_at as "createdAt", resolved_at as "resolvedAt"
        from tickets where author_id = ${userId} or respondent_id = ${userId} order by number`,
    },
    messages: {
      title: { ru: 'Ваши сообщения', en: 'Your messages' },
      rows: (userId) => sql`
        select message_id as "messageId", ticket_id as "ticketId", text, sent_at as "sentAt" from ticket_messages
        where author_id = ${userId} and not internal order by sent_at, message_id`,
    },
    offers: {
      title: { ru: 'Ваши предложения в спорах', en: 'Your offers in disputes' },
      rows: (userId) => sql`
        select ticket_id as "ticketId", amount::text as amount, currency, times, made_at as "madeAt" from ticket_offers where user_id = ${userId} order by ticket_id`,
    },
    files: {
      title: { ru: 'Файлы', en: 'Files' },
      rows: (userId) => sql`
        select attachment_id as "fileId", ticket_id as "ticketId", file_name as "fileName", content_type as "contentType", size, added_at as "addedAt" from ticket_attachments where author_id = ${userId} order by attachment_id`,
    },
    history: {
      title: { ru: 'Ваши действия', en: 'What you did' },
      rows: (userId) => sql`
        select ticket_id as "ticketId", at, action, from_status as "from", to_status as "to", reason from ticket_history where actor_id = ${userId} order by at, ticket_id, version`,
    },
  },
  {
    rows: (userId) =>
      sql`select attachment_id as "fileId", file_name as "fileName" from ticket_attachments where author_id = ${userId} order by attachment_id`,
    key: attachmentKey,
  },
);
