import { callee, consumed, defineContract } from '../common/define.ts';
import { adminEvents } from '../admin/events.ts';
import { analyticsEvents } from '../analytics/events.ts';
import { analyticsInternal } from '../analytics/internal.ts';
import { authEvents } from '../auth/events.ts';
import { authInternal } from '../auth/internal.ts';
import { messengerEvents } from '../messenger/events.ts';
import { ordersEvents } from '../orders/events.ts';
import { paymentsEvents } from '../payments/events.ts';
import { rolesInternal } from '../roles/internal.ts';
import { supportEvents } from '../support/events.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { notificationsEvents } from './events.ts';
import { notificationsInternal } from './internal.ts';
import { notificationsErrors, notificationsHttp, notificationsPermissions } from './http.ts';

/** What notifications promises and needs. */
export const notificationsContract = defineContract({
  name: 'notifications',
  title: { ru: 'Уведомления', en: 'Notifications' },
  permissions: notificationsPermissions,
  errors: notificationsErrors,
  http: { ...notificationsHttp, ...notificationsInternal },
  events: notificationsEvents,
  calls: {
    analytics: callee(analyticsInternal, { getReportAttachment: '+ reports by mail' }),
    users: callee(usersInternal, { getContacts: 'I17' }),
    roles: callee(rolesInternal, { checkPermission: '+ an endpoint of the platform needs its owner’s right' }),
    auth: callee(authInternal, {
      getKeys: '+ keys of user tokens',
      getMessageSecret: '+ codes never travel in events',
    }),
  },
  consumes: {
    messageRequested: consumed(authEvents.messageRequested, 'E2'),
    securityNotice: consumed(authEvents.securityNotice, '+ security mail'),
    responseSubmitted: consumed(ordersEvents.responseSubmitted, 'E5'),
    responseChanged: consumed(ordersEvents.responseChanged, 'E5'),
    orderStatusChanged: consumed(ordersEvents.statusChanged, 'E5'),
    freelancerChosen: consumed(ordersEvents.freelancerChosen, 'E5'),
    freelancerInvited: consumed(ordersEvents.freelancerInvited, 'E5'),
    invitationChanged: consumed(ordersEvents.invitationChanged, 'E5'),
    savedSearchMatched: consumed(ordersEvents.savedSearchMatched, '+ new orders of a saved search'),
    deadlineNear: consumed(ordersEvents.deadlineNear, 'E5'),
    proposalChanged: consumed(ordersEvents.proposalChanged, 'E5'),
    milestoneChanged: consumed(ordersEvents.milestoneChanged, 'E5'),
    weekChanged: consumed(ordersEvents.weekChanged, 'E5'),
    holdRefused: consumed(ordersEvents.holdRefused, 'E5'),
    reviewPublished: consumed(ordersEvents.reviewPublished, 'E5'),
    placementRefused: consumed(paymentsEvents.placementRefused, 'E9'),
    messageSent: consumed(messengerEvents.messageSent, 'E8'),
    messageDeleted: consumed(messengerEvents.messageDeleted, '+ what was deleted is no news'),
    conversationRead: consumed(messengerEvents.conversationRead, '+ what was read needs no mail'),
    transactionPosted: consumed(paymentsEvents.transactionPosted, 'E9'),
    withdrawalChanged: consumed(paymentsEvents.withdrawalChanged, 'E9'),
    topupFailed: consumed(paymentsEvents.topupFailed, 'E9'),
    ticketChanged: consumed(supportEvents.ticketChanged, 'E10'),
    reviewDeletionNoticed: consumed(supportEvents.reviewDeletionNoticed, 'E10'),
    noticeRequested: consumed(adminEvents.noticeRequested, 'E12'),
    templateTestRequested: consumed(adminEvents.templateTestRequested, 'E12'),
    templateChanged: consumed(adminEvents.templateChanged, 'E12'),
    reportReady: consumed(analyticsEvents.reportReady, '+ reports by mail'),
    personalDataNoticed: consumed(usersEvents.personalDataNoticed, '+ the person hears of his archive and erasure'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
