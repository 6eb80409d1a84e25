import { z } from 'zod';
import { id, timestamp } from '../common/values.ts';
import { orderStatus } from '../orders/process.ts';

/** A file, as a participant sees it. */
export const attachmentView = z.object({
  attachmentId: id,
  fileName: z.string(),
  /** Found by content, never what the sender said. */
  contentType: z.string(),
  size: z.number().int(),
  hasPreview: z.boolean(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  /** SHA-256 of what is fetched, hex. Null: from before it was kept. */
  sha256: z.string().nullable(),
});
export type AttachmentView = z.input<typeof attachmentView>;

/** A step of the deal, for programs; `text` of the message says it in words. */
export const systemStep = z.object({
  action: z.string(),
  from: orderStatus.nullable(),
  to: orderStatus.nullable(),
  actorId: id.nullable(),
  actorKind: z.enum(['client', 'freelancer', 'support', 'system']),
  reason: z.string().nullable(),
});
export type SystemStep = z.infer<typeof systemStep>;

export const messageView = z.object({
  messageId: id,
  conversationId: id,
  /** Position in the conversation: 1, 2, 3 … without gaps. */
  seq: z.number().int(),
  /** Revision of the conversation at the message's last change. */
  rev: z.number().int(),
  kind: z.enum(['text', 'system']),
  /** Null: the platform. */
  senderId: id.nullable(),
  /** Plain text, to be shown as such. */
  text: z.string(),
  system: systemStep.nullable(),
  replyTo: id.nullable(),
  sentAt: timestamp,
  editedAt: timestamp.nullable(),
  deleted: z.boolean(),
  /** Until when the sender may edit or delete it. */
  editableUntil: timestamp.nullable(),
  attachments: z.array(attachmentView),
  reactions: z.array(z.object({ userId: id, emoji: z.string() })),
});
export type MessageView = z.input<typeof messageView>;

/** Whether somebody is at a screen now, and when he last was (null while he is, and before his first time). */
export const presence = z.object({ online: z.boolean(), lastSeenAt: timestamp.nullable() });
export type Presence = z.infer<typeof presence>;

const participant = z.object({
  userId: id,
  kind: z.enum(['client', 'freelancer']),
  /** Null while profiles are not available. */
  displayName: z.string().nullable(),
  slug: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  status: z.enum(['active', 'blocked', 'erased']).nullable(),
  /** Up to which message this person has read. */
  readSeq: z.number().int(),
  /** Null: the person does not show it. */
  presence: presence.nullable(),
});

export const conversationView = z.object({
  conversationId: id,
  orderId: id,
  orderTitle: z.string(),
  /** Null until the order says. */
  orderStatus: orderStatus.nullable(),
  participants: z.array(participant),
  /** Why nobody can write any more; null: open. */
  readOnly: z.enum(['order_ended', 'not_chosen', 'participant_erased']).nullable(),
  lastMessage: messageView.nullable(),
  lastSeq: z.number().int(),
  rev: z.number().int(),
  readSeq: z.number().int(),
  unread: z.number().int(),
  createdAt: timestamp,
});
export type ConversationView = z.input<typeof conversationView>;

export const messagesView = z.object({
  /** By `seq`, ascending. */
  items: z.array(messageView),
  /** Value of `before` for the page before this one; null at the beginning. */
  before: z.number().int().nullable(),
  /** Value of `after` for what follows; null at the end. */
  after: z.number().int().nullable(),
  rev: z.number().int(),
});

export const changesView = z.object({
  /** By `rev`, ascending: each message once, as it is now. */
  items: z.array(messageView),
  /** Value of `after` for the next call. */
  rev: z.number().int(),
  more: z.boolean(),
});

export const searchHit = z.object({
  conversationId: id,
  orderTitle: z.string(),
  message: messageView,
  /** The place that fits, plain text. */
  snippet: z.string(),
});

export const lookView = z.object({
  lookId: id,
  at: timestamp,
  ticketId: id,
  /** The member of staff. */
  actorId: id,
});

export const attachmentLinks = z.object({
  url: z.string(),
  previewUrl: z.string().nullable(),
  expiresAt: timestamp,
});
