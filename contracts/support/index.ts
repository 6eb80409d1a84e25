import { callee, consumed, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { adminEvents } from '../admin/events.ts';
import { messengerInternal } from '../messenger/internal.ts';
import { ordersEvents } from '../orders/events.ts';
import { ordersInternal } from '../orders/internal.ts';
import { paymentsEvents } from '../payments/events.ts';
import { paymentsInternal } from '../payments/internal.ts';
import { rolesEvents } from '../roles/events.ts';
import { usersEvents } from '../users/events.ts';
import { usersInternal } from '../users/internal.ts';
import { supportEvents } from './events.ts';
import { supportInternal } from './internal.ts';
import { supportErrors, supportHttp, supportPermissions } from './http.ts';

/** What support promises and needs. */
export const supportContract = defineContract({
  name: 'support',
  title: { ru: 'Поддержка и споры', en: 'Support and disputes' },
  permissions: supportPermissions,
  errors: supportErrors,
  http: { ...supportHttp, ...supportInternal },
  events: supportEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
    users: callee(usersInternal, { getPeople: 'I19', checkVisible: '+ the person a ticket is about' }),
    orders: callee(ordersInternal, {
      getOrderContext: 'I20',
      openDispute: '+ a dispute freezes the deal',
      ruleDispute: '+ a ruling ends the deal',
      getReview: '+ the review complained about',
      deleteReview: '+ deletion of a review (S3)',
      redactReview: '+ redaction of a review (S3)',
      restoreReview: "+ an author's appeal is upheld (S3)",
      resumeDeal: '+ a deal frozen by a block goes on',
    }),
    messenger: callee(messengerInternal, { getHistory: 'I21', getMessage: '+ the message a ticket is about' }),
    payments: callee(paymentsInternal, {
      getOrderMoney: '+ money beside a ticket',
      getTransaction: '+ the payment a ticket is about',
      reserveMoney: '+ the fee of a dispute is set aside',
      postReservation: '+ the fee of a dispute, as far as it was lost',
      voidReservation: '+ the fee of a dispute goes back to who won',
    }),
  },
  consumes: {
    settingChanged: consumed(adminEvents.settingChanged, '+ deadlines, assignment, terms of disputes'),
    assignmentChanged: consumed(rolesEvents.assignmentChanged, '+ who is support staff'),
    differenceFound: consumed(paymentsEvents.differenceFound, "+ a difference from the provider's statement"),
    dealFrozen: consumed(ordersEvents.dealFrozen, '+ deals of a blocked user become cases'),
    userUnblocked: consumed(usersEvents.userUnblocked, '+ deals frozen by the block go on'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
