import { z } from 'zod';
import { event } from '../common/define.ts';
import { id, timestamp } from '../common/values.ts';

export const messengerEvents = {
  /** Carries no text: notifications says who wrote about what; the reader opens the conversation. */
  messageSent: event({
    type: 'messenger.message.sent.v1',
    summary: 'A message was sent',
    subject: 'conversationId',
    data: z.object({
      messageId: id,
      conversationId: id,
      orderId: id,
      orderTitle: z.string(),
      senderId: id,
      recipientIds: z.array(id),
      hasAttachments: z.boolean(),
      at: timestamp,
    }),
  }),
  messageDeleted: event({
    type: 'messenger.message.deleted.v1',
    summary: 'A message was deleted by who sent it',
    subject: 'conversationId',
    data: z.object({
      messageId: id,
      conversationId: id,
      senderId: id,
      recipientIds: z.array(id),
      /** Number of the message in its conversation. */
      seq: z.number().int(),
    }),
  }),
  conversationRead: event({
    type: 'messenger.conversation.read.v1',
    summary: 'A participant read up to a message',
    subject: 'conversationId',
    data: z.object({
      conversationId: id,
      userId: id,
      upTo: id,
      /** Number of that message. Ids have no order: their senders make them. Absent in older events. */
      seq: z.number().int().optional(),
      /** What of the conversation he has not read yet (counted up to 1,000), as of its message `lastSeq`. Absent in older events. */
      unread: z.number().int().optional(),
      lastSeq: z.number().int().optional(),
    }),
  }),
};
