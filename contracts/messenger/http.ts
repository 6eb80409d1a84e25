import { z } from 'zod';
import { bytes, type ErrorDefinition, may, type Permission, route, RANGE_HEADERS, streamed } from '../common/define.ts';
import { id, page, pageQuery, text } from '../common/values.ts';
import { MAX_UPLOAD_BYTES, uploadsHttp } from './uploads.ts';
import {
  attachmentView,
  attachmentLinks,
  changesView,
  conversationView,
  lookView,
  messagesView,
  messageView,
  searchHit,
} from './views.ts';

/** Largest attachment that is sent whole, in bytes; larger ones come in parts. */
export const MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024;
const read = may('messenger.read', { owner: 'participant' });
const write = may('messenger.write', { owner: 'participant' });
const readFile = may('messenger.read', { owner: 'fileOfConversation' });
const byConversation = z.object({ conversationId: id });
const byMessage = z.object({ conversationId: id, messageId: id });
const byAttachment = z.object({ attachmentId: id });
const presenceSettings = z.object({ visible: z.boolean() });
const exampleId = '01980000-0000-7000-8000-000000000001';

/** Public routes of messenger, below `/api/v1`. A conversation of others is 404 everywhere. */
export const messengerHttp = {
  listConversations: route({
    method: 'GET',
    path: '/conversations',
    summary: 'Own conversations, the one with the newest message first',
    rows: ['M1', 'M2'],
    access: may('messenger.read'),
    query: z.object({
      ...pageQuery,
      orderId: id.optional(),
      /** Only those with unread messages. */
      unread: z.enum(['true', 'false']).optional(),
    }),
    reply: page(conversationView),
  }),
  getUnreadCounts: route({
    method: 'GET',
    path: '/conversations/unread',
    summary: 'How many conversations and messages wait to be read (the badge)',
    rows: ['M1'],
    access: may('messenger.read'),
    reply: z.object({ conversations: z.number().int(), messages: z.number().int() }),
  }),
  searchMessages: route({
    method: 'GET',
    path: '/conversations/search',
    summary: 'Search in own conversations, with word forms of Russian and English',
    rows: ['M2'],
    access: may('messenger.read'),
    query: z.object({ ...pageQuery, q: text(2, 200), conversationId: id.optional() }),
    reply: page(searchHit),
    example: { query: { q: 'логотип' } },
  }),
  getConversation: route({
    method: 'GET',
    path: '/conversations/{conversationId}',
    summary: 'One conversation',
    rows: ['M1'],
    access: read,
    params: byConversation,
    reply: conversationView,
  }),
  listMessages: route({
    method: 'GET',
    path: '/conversations/{conversationId}/messages',
    summary: 'Messages in their order: the newest, those before a number, or those after one (resume after a break)',
    rows: ['M2'],
    access: read,
    params: byConversation,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z.coerce.number().int().min(1).max(2_000_000_000).optional(),
      after: z.coerce.number().int().min(0).max(2_000_000_000).optional(),
    }),
    reply: messagesView,
  }),
  listChanges: route({
    method: 'GET',
    path: '/conversations/{conversationId}/changes',
    summary: 'What changed after a revision: new, edited and deleted messages, reactions (resume after a break)',
    rows: ['M2'],
    access: read,
    params: byConversation,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(100),
      after: z.coerce.number().int().min(0).max(2_000_000_000),
    }),
    reply: changesView,
    example: { query: { after: '0' } },
  }),
  sendMessage: route({
    method: 'POST',
    path: '/conversations/{conversationId}/messages',
    summary:
      'Send a message. The id is made by the client: a repeat with it is answered with the message that is there',
    socket: true,
    rows: ['M1', 'M3', 'E8'],
    access: write,
    params: byConversation,
    body: z
      .strictObject({
        messageId: id,
        text: text(0, 10_000).default(''),
        attachmentIds: z.array(id).max(10).default([]),
        replyTo: id.nullable().default(null),
      })
      .refine((body) => body.text !== '' || body.attachmentIds.length > 0, {
        message: 'a text or an attachment is needed',
        path: ['text'],
      }),
    reply: messageView,
    errors: [
      'messenger.read_only',
      'messenger.message_id_taken',
      'messenger.attachment_unusable',
      'messenger.reply_unknown',
    ],
    example: { body: { messageId: exampleId, text: 'Добрый день! Когда начнём?' } },
  }),
  editMessage: route({
    method: 'PATCH',
    path: '/conversations/{conversationId}/messages/{messageId}',
    summary: 'Edit an own message within the time for it',
    rows: ['M1'],
    access: write,
    params: byMessage,
    body: z.strictObject({ text: text(1, 10_000) }),
    reply: messageView,
    errors: ['messenger.too_late', 'messenger.read_only'],
    example: { body: { text: 'Добрый день! Начнём завтра?' } },
  }),
  deleteMessage: route({
    method: 'DELETE',
    path: '/conversations/{conversationId}/messages/{messageId}',
    summary: 'Delete an own message within the time for it; its files go',
    rows: ['M1', 'M3'],
    access: write,
    params: byMessage,
    reply: messageView,
    errors: ['messenger.too_late', 'messenger.read_only'],
  }),
  react: route({
    method: 'PUT',
    path: '/conversations/{conversationId}/messages/{messageId}/reaction',
    summary: 'Set or take back the own reaction to a message',
    rows: ['M1'],
    access: write,
    params: byMessage,
    body: z.strictObject({ emoji: z.enum(['👍', '❤️', '😂', '🎉', '👀', '🙏']).nullable() }),
    reply: messageView,
    errors: ['messenger.read_only'],
    example: { body: { emoji: '👍' } },
  }),
  markRead: route({
    method: 'PUT',
    path: '/conversations/{conversationId}/read',
    summary: 'Say up to which message one has read; it never goes back',
    socket: true,
    rows: ['M1'],
    access: read,
    params: byConversation,
    body: z.strictObject({ seq: z.number().int().min(0).max(2_000_000_000) }),
    reply: z.object({ readSeq: z.number().int(), unread: z.number().int() }),
    example: { body: { seq: 1 } },
  }),
  sayTyping: route({
    method: 'POST',
    path: '/conversations/{conversationId}/typing',
    summary: 'Tell the other side that one is typing (live only, nothing is kept)',
    socket: true,
    rows: ['M1'],
    access: write,
    params: byConversation,
    reply: null,
  }),
  getPresenceSettings: route({
    method: 'GET',
    path: '/me/presence-settings',
    summary: 'Whether those one talks with see when one is online',
    rows: ['M1'],
    access: may('messenger.read', { owner: 'self' }),
    reply: presenceSettings,
  }),
  putPresenceSettings: route({
    method: 'PUT',
    path: '/me/presence-settings',
    summary: 'Show or hide when one is online; acts at once',
    rows: ['M1'],
    access: may('messenger.read', { owner: 'self' }),
    body: z.strictObject({ visible: z.boolean() }),
    reply: presenceSettings,
    example: { body: { visible: true } },
  }),
  listLooks: route({
    method: 'GET',
    path: '/conversations/{conversationId}/looks',
    summary: 'When support looked into the conversation, and for which ticket',
    rows: ['I21'],
    access: read,
    params: byConversation,
    query: z.object(pageQuery),
    reply: page(lookView),
  }),
  addAttachment: route({
    method: 'POST',
    path: '/conversations/{conversationId}/attachments',
    summary: 'Upload a file to be sent with a message; what is not sent within a day goes',
    rows: ['M3'],
    access: write,
    idempotency: 'optional',
    rate: 'upload',
    timeoutMs: 60_000,
    params: byConversation,
    query: z.object({ fileName: z.string().min(1).max(255) }),
    body: bytes(['*/*'], MAX_ATTACHMENT_BYTES),
    reply: attachmentView,
    errors: [
      'messenger.read_only',
      'messenger.file_refused',
      'messenger.file_infected',
      'messenger.image_unreadable',
      'messenger.quota_exceeded',
    ],
    example: { query: { fileName: 'эскиз.png' } },
  }),
  removeAttachment: route({
    method: 'DELETE',
    path: '/attachments/{attachmentId}',
    summary: 'Take back an own file that was not sent yet',
    rows: ['M3'],
    access: may('messenger.write', { owner: 'ownFile' }),
    params: byAttachment,
    reply: null,
    errors: ['messenger.attachment_unusable'],
  }),
  getAttachment: route({
    method: 'GET',
    path: '/attachments/{attachmentId}',
    summary: 'A file, as a download',
    rows: ['M3'],
    access: readFile,
    params: byAttachment,
    headers: RANGE_HEADERS,
    reply: streamed(['application/octet-stream'], MAX_UPLOAD_BYTES),
  }),
  getAttachmentPreview: route({
    method: 'GET',
    path: '/attachments/{attachmentId}/preview',
    summary: 'A small picture of an image',
    rows: ['M3'],
    access: readFile,
    params: byAttachment,
    reply: streamed(['image/webp'], 5 * 1024 * 1024),
  }),
  getAttachmentLinks: route({
    method: 'GET',
    path: '/attachments/{attachmentId}/links',
    summary: 'Addresses of a file and its preview that work without a header for a few minutes, for a browser',
    rows: ['M3'],
    access: readFile,
    params: byAttachment,
    reply: attachmentLinks,
  }),
  openAttachmentLink: route({
    method: 'GET',
    path: '/attachment-links/{token}',
    summary: 'A file by such an address; membership is checked again',
    rows: ['M3'],
    access: { kind: 'guest' },
    params: z.object({ token: z.string().min(20).max(300) }),
    headers: RANGE_HEADERS,
    reply: streamed(['application/octet-stream', 'image/webp'], MAX_UPLOAD_BYTES),
    example: { params: { token: 'x'.repeat(40) } },
  }),
  ...uploadsHttp,
};

export const messengerPermissions: Record<string, Permission> = {
  'messenger.read': {
    title: { ru: 'Читать свои переписки', en: 'Read own conversations' },
    roles: ['freelancer', 'client'],
  },
  'messenger.write': {
    title: { ru: 'Писать в своих переписках', en: 'Write in own conversations' },
    roles: ['freelancer', 'client'],
  },
};

export const messengerErrors: Record<string, ErrorDefinition> = {
  'messenger.read_only': {
    status: 409,
    title: { ru: 'Переписка закрыта, её можно только читать', en: 'The conversation is closed, it can only be read' },
  },
  'messenger.message_id_taken': {
    status: 409,
    title: { ru: 'Сообщение с таким номером уже есть', en: 'There is another message with this id' },
  },
  'messenger.attachment_unusable': {
    status: 409,
    title: { ru: 'Файл нельзя приложить: его нет или он уже отправлен', en: 'The file is gone or was sent already' },
  },
  'messenger.reply_unknown': {
    status: 409,
    title: { ru: 'Нет сообщения, на которое вы отвечаете', en: 'The message replied to is not here' },
  },
  'messenger.too_late': {
    status: 409,
    title: { ru: 'Время для правки и удаления прошло', en: 'The time to edit or delete has passed' },
  },
  'messenger.file_refused': {
    status: 400,
    title: { ru: 'Такие файлы не принимаются', en: 'Files of this type are not taken' },
  },
  'messenger.file_infected': {
    status: 400,
    title: { ru: 'В файле найден вирус', en: 'A virus was found in the file' },
  },
  'messenger.file_damaged': {
    status: 400,
    title: { ru: 'Файл пришёл не таким, каким его отправили', en: 'The file did not arrive as it was sent' },
  },
  'messenger.upload_malformed': {
    status: 400,
    title: { ru: 'Загрузка начата или продолжена неправильно', en: 'The upload was begun or continued wrongly' },
  },
  'messenger.upload_conflict': {
    status: 409,
    title: { ru: 'Загрузка стоит в другом месте: спросите, в каком', en: 'The upload stands elsewhere: ask where' },
  },
  'messenger.upload_gone': {
    status: 410,
    title: { ru: 'Срок загрузки истёк', en: 'The upload has expired' },
  },
  'messenger.upload_version': {
    status: 412,
    title: { ru: 'Нужен заголовок Tus-Resumable: 1.0.0', en: 'The header Tus-Resumable: 1.0.0 is needed' },
  },
  'messenger.upload_too_large': {
    status: 413,
    title: { ru: 'Файл слишком велик', en: 'The file is too large' },
  },
  'messenger.upload_busy': {
    status: 423,
    title: { ru: 'Эта загрузка уже идёт', en: 'This upload is running already' },
  },
  'messenger.image_unreadable': {
    status: 400,
    title: { ru: 'Изображение не читается или слишком велико', en: 'The image can not be read or is too large' },
  },
  'messenger.quota_exceeded': {
    status: 413,
    title: { ru: 'Место для ваших файлов закончилось', en: 'Your space for files is used up' },
  },
};
