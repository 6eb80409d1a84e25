import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';
import { fileKey } from './attachments.ts';

/** What this service keeps of a person (P1). Others' words are theirs and stay out. */
export const personalData = personalDataHandlers(
  {
    conversations: {
      title: { ru: 'Разговоры', en: 'Conversations' },
      rows: (userId) => sql`
        select c.conversation_id as "conversationId", s.title as "orderTitle", c.order_id as "orderId", me.kind, me.read_seq as "readSeq", c.created_at as "openedAt"
        from members me join conversations c using (conversation_id) join order_states s on s.order_id = c.order_id where me.user_id = ${userId} order by c.conversation_id`,
    },
    messages: {
      title: { ru: 'Ваши сообщения', en: 'Your messages' },
      rows: (userId) => sql`
        select message_id as "messageId", conversation_id as "conversationId", seq, text, sent_at as "sentAt", edited_at as "editedAt", deleted_at as "deletedAt"
        from messages where sender_id = ${userId} order by sent_at, message_id`,
    },
    originals: {
      title: { ru: 'Прежние тексты ваших сообщений', en: 'Earlier texts of your messages' },
      rows: (userId) => sql`
        select o.message_id as "messageId", o.text, o.replaced_at as "replacedAt" from originals o join messages m using (message_id)
        where m.sender_id = ${userId} order by o.message_id, o.n`,
    },
    reactions: {
      title: { ru: 'Реакции', en: 'Reactions' },
      rows: (userId) =>
        sql`select message_id as "messageId", emoji from reactions where user_id = ${userId} order by message_id`,
    },
    presence: {
      title: { ru: 'Когда вы были в сети', en: 'When you were online' },
      rows: (userId) =>
        sql`select online, seen_at as "seenAt", hidden from presence where user_id = ${userId} order by user_id`,
    },
    uploads: {
      title: { ru: 'Загрузки, которые идут или шли за сутки', en: 'Uploads of the last day' },
      rows: (userId) => sql`
        select upload_id as "uploadId", file_name as "fileName", length::text as length, received::text as received, created_at as "startedAt"
        from uploads where uploader_id = ${userId} order by upload_id`,
    },
    files: {
      title: { ru: 'Файлы', en: 'Files' },
      rows: (userId) => sql`
        select attachment_id as "fileId", message_id as "messageId", file_name as "fileName", content_type as "contentType", size::text as size, created_at as "uploadedAt"
        from attachments where uploader_id = ${userId} order by attachment_id`,
    },
  },
  {
    rows: (userId) =>
      sql`select attachment_id as "fileId", file_name as "fileName" from attachments where uploader_id = ${userId} order by attachment_id`,
    key: fileKey,
  },
);
