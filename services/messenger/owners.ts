import type { messengerContract } from '#contracts/messenger/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { MessengerContext } from './context.ts';
import { attachmentFor } from './data/attachments.ts';

export const messengerOwners: Owners<typeof messengerContract, MessengerContext> = {
  participant: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from members where conversation_id = ${params.conversationId} and user_id = ${user.userId}`,
    )) !== undefined,
  fileOfConversation: async (ctx, { user, params }) =>
    (await attachmentFor(ctx.db, user.userId, params.attachmentId)) !== undefined,
  ownUpload: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`
      select 1 from uploads u join members m on m.conversation_id = u.conversation_id and m.user_id = u.uploader_id
      where u.upload_id = ${params.uploadId} and u.uploader_id = ${user.userId}`)) !== undefined,
  ownFile: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from attachments where attachment_id = ${params.attachmentId} and uploader_id = ${user.userId}`,
    )) !== undefined,
};
