import { callee, consumed, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { ordersEvents } from '../orders/events.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { messengerEvents } from './events.ts';
import { messengerInternal } from './internal.ts';
import { messengerErrors, messengerHttp, messengerPermissions } from './http.ts';

/** What messenger promises and needs. */
export const messengerContract = defineContract({
  name: 'messenger',
  title: { ru: 'Сообщения', en: 'Messenger' },
  permissions: messengerPermissions,
  errors: messengerErrors,
  http: { ...messengerHttp, ...messengerInternal },
  events: messengerEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
    users: callee(usersInternal, { getPeople: 'I16' }),
  },
  consumes: {
    responseSubmitted: consumed(ordersEvents.responseSubmitted, '+ a response opens the conversation'),
    freelancerInvited: consumed(ordersEvents.freelancerInvited, '+ an invitation opens the conversation'),
    orderStatusChanged: consumed(ordersEvents.statusChanged, '+ steps of the deal in the conversation'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
