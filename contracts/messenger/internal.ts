import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { id, pageQuery, timestamp } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const messengerInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  /** For a participant (404 for anybody else), or for staff on a ticket: then the look is logged and shown to the participants. */
  getMessage: route({
    method: 'GET',
    path: '/internal/messages/{messageId}',
    summary: 'One message, for its participants or for support',
    access: internal,
    params: z.object({ messageId: id }),
    query: z.object({ participantId: id, actorId: id.optional(), ticketId: id.optional() }),
    reply: z.object({
      messageId: id,
      conversationId: id,
      orderId: id,
      senderId: id.nullable(),
      sentAt: timestamp,
      text: z.string(),
      deleted: z.boolean(),
    }),
  }),
  /** Every look is logged and shown to the participants. */
  getHistory: route({
    method: 'GET',
    path: '/internal/orders/{orderId}/history',
    summary: 'The conversation about an order, for support',
    rows: ['I21'],
    access: internal,
    params: z.object({ orderId: id }),
    query: z.object({ ...pageQuery, actorId: id, ticketId: id, participantId: id.optional() }),
    reply: z.object({
      items: z.array(
        z.object({
          messageId: id,
          conversationId: id,
          senderId: id.nullable(),
          sentAt: timestamp,
          text: z.string(),
          edited: z.boolean(),
          deleted: z.boolean(),
          /** What the message said before each edit and before its deletion, oldest first. */
          originals: z.array(z.object({ text: z.string(), replacedAt: timestamp })),
          attachments: z.array(
            z.object({ attachmentId: id, fileName: z.string(), contentType: z.string(), size: z.number().int() }),
          ),
        }),
      ),
      nextCursor: z.string().nullable(),
    }),
  }),
};
