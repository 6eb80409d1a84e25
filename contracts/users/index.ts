import { callee, consumed, defineContract } from '../common/define.ts';
import { adminEvents } from '../admin/events.ts';
import { authEvents } from '../auth/events.ts';
import { authInternal } from '../auth/internal.ts';
import { PERSONAL_DATA_CALLS } from '../common/personal-data.ts';
import { rolesInternal } from '../roles/internal.ts';
import { ordersInternal } from '../orders/internal.ts';
import { messengerEvents } from '../messenger/events.ts';
import { messengerInternal } from '../messenger/internal.ts';
import { notificationsInternal } from '../notifications/internal.ts';
import { paymentsInternal } from '../payments/internal.ts';
import { supportInternal } from '../support/internal.ts';
import { analyticsInternal } from '../analytics/internal.ts';
import { adminInternal } from '../admin/internal.ts';
import { ordersEvents } from '../orders/events.ts';
import { usersEvents } from './events.ts';
import { usersInternal } from './internal.ts';
import { usersPersonal } from './personal.ts';
import { usersErrors, usersHttp, usersPermissions } from './http.ts';

/** What users promises and needs. */
export const usersContract = defineContract({
  name: 'users',
  title: { ru: 'Пользователи и профили', en: 'Users and profiles' },
  permissions: usersPermissions,
  errors: usersErrors,
  http: { ...usersHttp, ...usersPersonal, ...usersInternal },
  events: usersEvents,
  calls: {
    auth: callee(authInternal, {
      getKeys: '+ keys of user tokens',
      lockUser: '+ a block ends the sessions at once',
      ...PERSONAL_DATA_CALLS,
    }),
    roles: callee(rolesInternal, { listMembers: '+ the last admin is not erased', ...PERSONAL_DATA_CALLS }),
    orders: callee(ordersInternal, PERSONAL_DATA_CALLS),
    messenger: callee(messengerInternal, PERSONAL_DATA_CALLS),
    notifications: callee(notificationsInternal, PERSONAL_DATA_CALLS),
    payments: callee(paymentsInternal, PERSONAL_DATA_CALLS),
    support: callee(supportInternal, PERSONAL_DATA_CALLS),
    analytics: callee(analyticsInternal, PERSONAL_DATA_CALLS),
    admin: callee(adminInternal, PERSONAL_DATA_CALLS),
  },
  consumes: {
    userRegistered: consumed(authEvents.userRegistered, 'E1'),
    consentsGiven: consumed(authEvents.consentsGiven, '+ the log of consents'),
    emailConfirmed: consumed(authEvents.emailConfirmed, '+ the verified email'),
    phoneVerified: consumed(authEvents.phoneVerified, '+ the verified phone'),
    reviewPublished: consumed(ordersEvents.reviewPublished, '+ rating reaches the profile'),
    reviewDeleted: consumed(ordersEvents.reviewDeleted, '+ rating reaches the profile'),
    reviewRedacted: consumed(ordersEvents.reviewRedacted, '+ rating reaches the profile again'),
    messageSent: consumed(messengerEvents.messageSent, '+ how soon a freelancer answers'),
    orderStatusChanged: consumed(ordersEvents.statusChanged, '+ the record of both parties'),
    dictionaryMerged: consumed(adminEvents.dictionaryMerged, '+ what names a merged entry follows'),
    dictionaryChanged: consumed(adminEvents.dictionaryChanged, '+ skills, styles and countries to choose from'),
  },
});
