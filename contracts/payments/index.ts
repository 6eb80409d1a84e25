import { callee, consumed, defineContract } from '../common/define.ts';
import { authEvents } from '../auth/events.ts';
import { authInternal } from '../auth/internal.ts';
import { adminEvents } from '../admin/events.ts';
import { ordersEvents } from '../orders/events.ts';
import { ordersInternal } from '../orders/internal.ts';
import { rolesInternal } from '../roles/internal.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { paymentsEvents } from './events.ts';
import { paymentsInternal } from './internal.ts';
import { paymentsErrors, paymentsHttp, paymentsPermissions } from './http.ts';

/** What payments promises and needs. */
export const paymentsContract = defineContract({
  name: 'payments',
  title: { ru: 'Платежи', en: 'Payments' },
  permissions: paymentsPermissions,
  errors: paymentsErrors,
  http: { ...paymentsHttp, ...paymentsInternal },
  events: paymentsEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
    users: callee(usersInternal, { getIdentity: 'I18' }),
    roles: callee(rolesInternal, { getRights: '+ commission by role' }),
    orders: callee(ordersInternal, { getOpenEscrow: '+ escrow equals open deals' }),
  },
  consumes: {
    placementRequested: consumed(ordersEvents.placementRequested, 'E6'),
    placementRefundRequested: consumed(ordersEvents.placementRefundRequested, '+ fee given back'),
    escrowRequested: consumed(ordersEvents.escrowRequested, '+ the price of a deal is held'),
    completionConfirmed: consumed(ordersEvents.completionConfirmed, 'E7'),
    settlementRequested: consumed(ordersEvents.settlementRequested, '+ a cancelled or ruled deal'),
    orderStatusChanged: consumed(ordersEvents.statusChanged, '+ a dispute freezes the hold'),
    settingChanged: consumed(adminEvents.settingChanged, '+ commission and prices'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
    userRegistered: consumed(authEvents.userRegistered, '+ who brought a new person'),
  },
});
