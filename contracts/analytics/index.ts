import { callee, consumed, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { adminEvents } from '../admin/events.ts';
import { authEvents } from '../auth/events.ts';
import { ordersEvents } from '../orders/events.ts';
import { paymentsEvents } from '../payments/events.ts';
import { rolesInternal } from '../roles/internal.ts';
import { supportEvents } from '../support/events.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { analyticsEvents } from './events.ts';
import { analyticsInternal } from './internal.ts';
import { analyticsErrors, analyticsHttp, analyticsPermissions } from './http.ts';

/** What analytics promises and needs. */
export const analyticsContract = defineContract({
  name: 'analytics',
  title: { ru: 'Аналитика и отчёты', en: 'Analytics and reports' },
  permissions: analyticsPermissions,
  errors: analyticsErrors,
  http: { ...analyticsHttp, ...analyticsInternal },
  events: analyticsEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
    roles: callee(rolesInternal, {
      checkPermission: '+ who gets a report may see it',
      listRoles: '+ who may get reports',
      listMembers: '+ who may get reports',
    }),
    users: callee(usersInternal, { getContacts: '+ language and time zone of who gets a report' }),
  },
  consumes: {
    userRegistered: consumed(authEvents.userRegistered, '+ registrations'),
    signedIn: consumed(authEvents.signedIn, '+ active users'),
    profileUpdated: consumed(usersEvents.profileUpdated, 'E4'),
    profileViewed: consumed(usersEvents.profileViewed, 'E4'),
    orderStatusChanged: consumed(ordersEvents.statusChanged, 'E13'),
    responseSubmitted: consumed(ordersEvents.responseSubmitted, 'E13'),
    freelancerInvited: consumed(ordersEvents.freelancerInvited, 'E13'),
    reviewPublished: consumed(ordersEvents.reviewPublished, 'E13'),
    transactionPosted: consumed(paymentsEvents.transactionPosted, 'E14'),
    ticketChanged: consumed(supportEvents.ticketChanged, 'E15'),
    actionLogged: consumed(adminEvents.actionLogged, 'E16'),
    dictionaryChanged: consumed(adminEvents.dictionaryChanged, 'E16'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
