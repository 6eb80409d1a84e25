import { callee, consumed, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { adminEvents } from '../admin/events.ts';
import { paymentsEvents } from '../payments/events.ts';
import { paymentsInternal } from '../payments/internal.ts';
import { rolesInternal } from '../roles/internal.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { ordersEvents } from './events.ts';
import { ordersInternal } from './internal.ts';
import { ordersErrors, ordersHttp, ordersPermissions } from './http.ts';

/** What orders promises and needs. */
export const ordersContract = defineContract({
  name: 'orders',
  title: { ru: 'Заказы', en: 'Orders' },
  permissions: ordersPermissions,
  errors: ordersErrors,
  http: { ...ordersHttp, ...ordersInternal },
  events: ordersEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
    users: callee(usersInternal, { getPeople: 'I14' }),
    roles: callee(rolesInternal, { checkPermission: 'I15' }),
    payments: callee(paymentsInternal, {
      getTerms: '+ terms shown before they bind',
      reserveMoney: '+ money set aside for a response',
      getReservation: '+ money set aside for a response',
      postReservation: '+ money set aside for a response',
      voidReservation: '+ money set aside for a response',
    }),
  },
  consumes: {
    profileUpdated: consumed(usersEvents.profileUpdated, 'E3'),
    placementCharged: consumed(paymentsEvents.placementCharged, '+ outcome of a charge'),
    placementRefused: consumed(paymentsEvents.placementRefused, '+ outcome of a charge'),
    escrowHeld: consumed(paymentsEvents.escrowHeld, '+ outcome of a hold'),
    escrowRefused: consumed(paymentsEvents.escrowRefused, '+ outcome of a hold'),
    escrowSettled: consumed(paymentsEvents.escrowSettled, '+ outcome of a settlement'),
    userBlocked: consumed(usersEvents.userBlocked, '+ open work of a blocked user'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
    settingChanged: consumed(adminEvents.settingChanged, '+ timers and limits'),
    dictionaryMerged: consumed(adminEvents.dictionaryMerged, '+ what names a merged entry follows'),
    dictionaryChanged: consumed(adminEvents.dictionaryChanged, '+ categories, skills and styles to choose from'),
  },
});
