import { messengerContract } from '#contracts/messenger/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { messengerConfig } from './config.ts';
import { freelancerInvited, responseSubmitted } from './consumers/opened.ts';
import { orderStatusChanged } from './consumers/order-status-changed.ts';
import { userErased } from './consumers/user-erased.ts';
import {
  addAttachment,
  getAttachment,
  getAttachmentLinks,
  getAttachmentPreview,
  openAttachmentLink,
  removeAttachment,
} from './http/attachments.ts';
import { deleteMessage, editMessage, react } from './http/change-message.ts';
import { getConversation, getUnreadCounts, listConversations, listLooks } from './http/conversations.ts';
import { getHistory, getMessage } from './http/internal.ts';
import { getPresenceSettings, putPresenceSettings } from './http/presence.ts';
import { listChanges, listMessages, markRead, sayTyping, searchMessages } from './http/read.ts';
import { sendMessage } from './http/send-message.ts';
import { continueUpload, createUpload, dropUpload, getUpload, getUploadOffset } from './http/uploads.ts';
import { deleteFiles, deleteParts, dropUnsentFile, dropUpload as dropUploadJob, finishUpload } from './jobs/files.ts';
import { personalData } from './data/personal-data.ts';
import { PresenceBook } from './presence.ts';
import { createSender } from './sending/group.ts';
import { messengerOwners } from './owners.ts';

/** Conversations between the parties of an order: messages, history, files (M1–M3). */
export const messengerService = defineService({
  contract: messengerContract,
  config: messengerConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: (base) => ({
    linkKey: base.secret('attachment-links'),
    sender: createSender(base),
    presence: new PresenceBook({ ...base, graceMs: base.config.MESSENGER_PRESENCE_GRACE }),
  }),
  http: {
    ...personalData,
    ...vitals,
    listConversations,
    getUnreadCounts,
    searchMessages,
    getConversation,
    listMessages,
    listChanges,
    sendMessage,
    editMessage,
    deleteMessage,
    react,
    markRead,
    sayTyping,
    getPresenceSettings,
    putPresenceSettings,
    listLooks,
    addAttachment,
    removeAttachment,
    getAttachment,
    getAttachmentPreview,
    getAttachmentLinks,
    openAttachmentLink,
    createUpload,
    getUploadOffset,
    continueUpload,
    dropUpload,
    getUpload,
    getHistory,
    getMessage,
  },
  owners: messengerOwners,
  on: { responseSubmitted, freelancerInvited, orderStatusChanged, userErased },
  jobs: { deleteFiles, dropUnsent: dropUnsentFile, deleteParts, dropUpload: dropUploadJob, finishUpload },
  ready: (ctx) => ctx.presence.start(),
  async close(ctx) {
    await ctx.sender.close();
    await ctx.presence.close();
  },
});
