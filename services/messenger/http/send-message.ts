import { currentCall } from '#kit/call-context.ts';
import type { MessengerHandlers } from '../context.ts';

/** Stored together with what others send at the same time. The id of the message makes a repeat harmless. */
export const sendMessage: MessengerHandlers['sendMessage'] = async (ctx, req) => ({
  body: await ctx.sender.submit({
    ...req.body,
    conversationId: req.params.conversationId,
    userId: req.user.userId,
    call: currentCall(),
  }),
});
