import { callee, consumed, defineContract } from '../common/define.ts';
import { analyticsHttp } from '../analytics/http.ts';
import { analyticsInternal } from '../analytics/internal.ts';
import { authEvents } from '../auth/events.ts';
import { authInternal } from '../auth/internal.ts';
import { VITALS_CALLS } from '../common/vitals.ts';
import { gatewayEvents } from '../gateway/events.ts';
import { messengerInternal } from '../messenger/internal.ts';
import { notificationsInternal } from '../notifications/internal.ts';
import { ordersEvents } from '../orders/events.ts';
import { ordersInternal } from '../orders/internal.ts';
import { paymentsEvents } from '../payments/events.ts';
import { paymentsInternal } from '../payments/internal.ts';
import { rolesEvents } from '../roles/events.ts';
import { rolesInternal } from '../roles/internal.ts';
import { supportEvents } from '../support/events.ts';
import { supportInternal } from '../support/internal.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { adminEvents } from './events.ts';
import { adminInternal } from './internal.ts';
import { adminErrors, adminHttp, adminPermissions } from './http.ts';

/** What admin promises and needs. */
export const adminContract = defineContract({
  name: 'admin',
  title: { ru: 'Администрирование', en: 'Administration' },
  permissions: adminPermissions,
  errors: adminErrors,
  http: { ...adminHttp, ...adminInternal },
  events: adminEvents,
  calls: {
    users: callee(usersInternal, {
      ...VITALS_CALLS,
      listUsers: 'I23',
      getUser: 'I23',
      blockUser: 'I23',
      unblockUser: 'I23',
      eraseUser: 'I23',
    }),
    roles: callee(rolesInternal, {
      ...VITALS_CALLS,
      listRoles: 'I13',
      putRole: 'I13',
      assignRoles: 'I13',
      listMembers: 'I13',
      getRights: 'I13',
    }),
    support: callee(supportInternal, {
      ...VITALS_CALLS,
      listTickets: 'I24',
      getTicket: 'I24',
      assignTicket: 'I24',
      decideEscalation: 'I24',
      getStaffLoad: 'I24',
      putShifts: 'I24',
    }),
    analytics: callee(analyticsInternal, { ...VITALS_CALLS, getReport: 'I25', getReportFile: 'I25' }),
    gateway: callee(analyticsHttp, { getDashboard: 'I22' }, { via: 'gateway' }),
    auth: callee(authInternal, {
      ...VITALS_CALLS,
      getKeys: '+ keys of user tokens',
      createInvitation: '+ staff is invited',
      checkAppealToken: '+ a blocked person appeals',
    }),
    notifications: callee(notificationsInternal, {
      ...VITALS_CALLS,
      listTemplates: '+ templates to edit',
      renderTemplate: '+ preview of a template',
    }),
    payments: callee(paymentsInternal, {
      ...VITALS_CALLS,
      getInvariants: '+ the money beside the dashboards',
      getPersonMoney: "+ a user's card",
    }),
    messenger: callee(messengerInternal, VITALS_CALLS),
    orders: callee(ordersInternal, { ...VITALS_CALLS, getPersonDeals: "+ a user's card" }),
  },
  consumes: {
    ticketEscalated: consumed(supportEvents.ticketEscalated, 'E11'),
    assignmentChanged: consumed(rolesEvents.assignmentChanged, '+ audit'),
    roleChanged: consumed(rolesEvents.roleChanged, '+ audit'),
    signInRefused: consumed(authEvents.signInRefused, '+ audit'),
    accessRefused: consumed(gatewayEvents.accessRefused, '+ audit'),
    signedIn: consumed(authEvents.signedIn, '+ audit'),
    sessionsEnded: consumed(authEvents.sessionsEnded, '+ audit'),
    securityNotice: consumed(authEvents.securityNotice, '+ audit'),
    transactionPosted: consumed(paymentsEvents.transactionPosted, '+ audit of adjustments'),
    adjustmentRequested: consumed(paymentsEvents.adjustmentRequested, '+ audit of adjustments'),
    reviewDeleted: consumed(ordersEvents.reviewDeleted, '+ audit'),
    reviewRedacted: consumed(ordersEvents.reviewRedacted, '+ audit'),
    ticketChanged: consumed(supportEvents.ticketChanged, '+ audit of disputes, of reviews and of their appeals'),
    userUnblocked: consumed(usersEvents.userUnblocked, '+ a block that ended by its date'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
