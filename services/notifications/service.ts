import { notificationsContract } from '#contracts/notifications/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { notificationsConfig } from './config.ts';
import { messageRequested, personalDataNoticed, securityNotice, userErased } from './consumers/account.ts';
import { noticeRequested, templateChanged, templateTestRequested } from './consumers/admin.ts';
import { reportReady } from './consumers/analytics.ts';
import { conversationRead, messageDeleted, messageSent } from './consumers/messages.ts';
import { placementRefused, topupFailed, transactionPosted, withdrawalChanged } from './consumers/money.ts';
import {
  deadlineNear,
  holdRefused,
  milestoneChanged,
  proposalChanged,
  weekChanged,
  freelancerChosen,
  freelancerInvited,
  invitationChanged,
  orderStatusChanged,
  responseChanged,
  responseSubmitted,
  reviewPublished,
  savedSearchMatched,
} from './consumers/orders.ts';
import { reviewDeletionNoticed, ticketChanged } from './consumers/support.ts';
import { getUnreadCount, listNotifications } from './http/list-notifications.ts';
import { markAllRead, markRead } from './http/mark-read.ts';
import { getPreferences, putPreferences } from './http/preferences.ts';
import { addPushSubscription, getPushKey, removePushSubscription } from './http/push.ts';
import { reportMail, takeMailReport } from './http/report-mail.ts';
import { listTemplates, renderTemplate } from './http/templates.ts';
import { askUnsubscribe, unsubscribe } from './http/unsubscribe.ts';
import { sweep } from './jobs/sweep.ts';
import { createMailer } from './mail/mailer.ts';
import { personalData } from './data/personal-data.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  listWebhookCalls,
  listWebhookEvents,
  listWebhooks,
  replayWebhookCall,
  rotateWebhookSecret,
  testWebhook,
} from './webhooks/http.ts';
import { createWebhookSender } from './webhooks/sender.ts';
import { sweepWebhooks } from './webhooks/sweep.ts';
import { onlyWebhooks, withWebhooks } from './webhooks/with-webhooks.ts';
import { notificationsOwners } from './owners.ts';

/** News to people: in the app, by mail, by SMS for codes (N1–N3, I17, E2, E5, E8–E10, E12). */
export const notificationsService = defineService({
  contract: notificationsContract,
  config: notificationsConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: (base) => ({ mailer: createMailer(base), webhooks: createWebhookSender(base) }),
  http: {
    ...personalData,
    ...vitals,
    listNotifications,
    getUnreadCount,
    markRead,
    markAllRead,
    getPreferences,
    putPreferences,
    askUnsubscribe,
    unsubscribe,
    getPushKey,
    addPushSubscription,
    removePushSubscription,
    reportMail,
    takeMailReport,
    listWebhookEvents,
    listWebhooks,
    createWebhook,
    changeWebhook,
    deleteWebhook,
    rotateWebhookSecret,
    testWebhook,
    listWebhookCalls,
    replayWebhookCall,
    listTemplates,
    renderTemplate,
  },
  owners: notificationsOwners,
  on: {
    messageRequested,
    securityNotice,
    responseSubmitted: withWebhooks(responseSubmitted),
    responseChanged: withWebhooks(responseChanged),
    orderStatusChanged: withWebhooks(orderStatusChanged),
    freelancerChosen,
    freelancerInvited: withWebhooks(freelancerInvited),
    invitationChanged,
    deadlineNear,
    savedSearchMatched,
    holdRefused,
    milestoneChanged: withWebhooks(milestoneChanged),
    proposalChanged,
    weekChanged,
    reviewPublished: withWebhooks(reviewPublished),
    placementRefused,
    messageSent,
    messageDeleted,
    conversationRead,
    transactionPosted: withWebhooks(transactionPosted),
    withdrawalChanged: withWebhooks(withdrawalChanged),
    topupFailed: withWebhooks(topupFailed),
    ticketChanged,
    reviewDeletionNoticed,
    noticeRequested,
    templateTestRequested,
    templateChanged,
    reportReady,
    personalDataNoticed,
    userErased,
  },
  jobs: { sweep, sweepWebhooks },
  ready: async (ctx) => {
    ctx.mailer.start();
    ctx.webhooks.start();
  },
  close: async (ctx) => {
    await Promise.all([ctx.mailer.close(), ctx.webhooks.close()]);
  },
});
