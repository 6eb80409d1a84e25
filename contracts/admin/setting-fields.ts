import type { Bilingual, Money } from '../common/values.ts';
import type { SettingKey, SettingValue } from './settings.ts';

/** The fields of a value: none for money, lists and tables of any keys. */
type FieldsOf<V> = V extends Money | readonly unknown[]
  ? never
  : V extends object
    ? string extends keyof V
      ? never
      : keyof V & string
    : never;
type Below<V, F extends FieldsOf<V>> = F extends F ? `${F}` | `${F}/${FieldsOf<NonNullable<V[F]>>}` : never;
export type SettingField = {
  [K in SettingKey]: `${K}/${Below<SettingValue<K>, FieldsOf<SettingValue<K>>>}`;
}[SettingKey];

const commission = {
  bps: { ru: 'Доля от цены', en: 'Share of the price' },
  min: { ru: 'Не меньше', en: 'At least' },
  byCategory: { ru: 'По рубрикам', en: 'By category' },
  byRole: { ru: 'По ролям', en: 'By role' },
};

/** What each field of a setting is called. A field without a name does not compile. */
export const SETTING_FIELDS: Readonly<Record<SettingField, Bilingual>> = {
  'payments.commission/bps': commission.bps,
  'payments.commission/min': commission.min,
  'payments.commission/byCategory': commission.byCategory,
  'payments.commission/byRole': commission.byRole,
  'payments.client-fee/bps': commission.bps,
  'payments.client-fee/min': commission.min,
  'payments.client-fee/byCategory': commission.byCategory,
  'payments.client-fee/byRole': commission.byRole,
  'orders.timers/unpaidHours': {
    ru: 'Ждать оплаты публикации, часов',
    en: 'Wait for the payment of a publication, hours',
  },
  'orders.timers/noResponseDays': {
    ru: 'Снять заказ без откликов, дней',
    en: 'Close an order without responses, days',
  },
  'orders.timers/reviewDays': { ru: 'Молчание принимает работу, дней', en: 'Silence accepts a delivery, days' },
  'orders.timers/revealDays': { ru: 'Открыть отзывы, дней', en: 'Reveal reviews, days' },
  'orders.timers/deliveryReminderDays': {
    ru: 'Напомнить о сроке сдачи, дней заранее',
    en: 'Remind of the delivery, days before',
  },
  'orders.timers/reviewReminderDays': {
    ru: 'Напомнить о приёмке, дней заранее',
    en: 'Remind of the acceptance, days before',
  },
  'orders.timers/weekFundAheadHours': {
    ru: 'Почасовая работа: отложить за неделю заранее, часов',
    en: 'Hourly: hold for a week ahead, hours',
  },
  'orders.timers/weekCloseHours': {
    ru: 'Почасовая работа: закрыть записи после недели, часов',
    en: 'Hourly: close entries after a week, hours',
  },
  'orders.timers/weekApprovalDays': {
    ru: 'Почасовая работа: молчание принимает неделю, дней',
    en: 'Hourly: silence approves a week, days',
  },
  'orders.timers/weekCorrectionDays': {
    ru: 'Почасовая работа: исправить спорные записи, дней',
    en: 'Hourly: correct contested entries, days',
  },
  'orders.timers/weekRestDays': {
    ru: 'Почасовая работа: завершить после простоя, дней',
    en: 'Hourly: end after a rest, days',
  },
  'orders.timers/weekReminderDays': {
    ru: 'Почасовая работа: напомнить о неделе, дней заранее',
    en: 'Hourly: remind of a week, days before',
  },
  'orders.response-deposit/deposit': { ru: 'Сумма залога', en: 'Deposit' },
  'orders.response-deposit/silenceDays': {
    ru: 'Вернуть, если заказчик молчит, дней',
    en: 'Return when the client is silent, days',
  },
  'orders.limits/revisions': { ru: 'Доработок на заказ', en: 'Revisions of an order' },
  'orders.limits/liveResponsesPerFreelancer': {
    ru: 'Открытых откликов у исполнителя',
    en: 'Open responses of a freelancer',
  },
  'orders.saved-searches/perPerson': { ru: 'Поисков на человека', en: 'Searches per person' },
  'support.deadlines/firstAnswerHours': { ru: 'Первый ответ, часов', en: 'First answer, hours' },
  'support.deadlines/resolutionHours': { ru: 'Решение, часов', en: 'Resolution, hours' },
  'support.deadlines/calendar': {
    ru: 'Считать только рабочие часы',
    en: 'Count working hours only',
  },
  'support.deadlines/calendar/timeZone': { ru: 'Часовой пояс', en: 'Time zone' },
  'support.deadlines/calendar/days': { ru: 'Рабочие дни недели', en: 'Working days' },
  'support.deadlines/calendar/from': { ru: 'Начало дня', en: 'Begin of the day' },
  'support.deadlines/calendar/to': { ru: 'Конец дня', en: 'End of the day' },
  'support.deadlines/calendar/holidays': { ru: 'Выходные даты', en: 'Days off' },
  'support.assignment/automatic': {
    ru: 'Распределять автоматически',
    en: 'Assign automatically',
  },
  'support.assignment/maxOpen': { ru: 'Открытых обращений у сотрудника', en: 'Open tickets of a member of staff' },
  'support.assignment/silentHours': {
    ru: 'Забрать у молчащего, рабочих часов (0 — никогда)',
    en: 'Take from who is silent, working hours (0: never)',
  },
  'support.disputes/appealDays': { ru: 'Срок обжалования, дней', en: 'Time to appeal, days' },
  'support.disputes/silenceDays': {
    ru: 'Молчание проигрывает спор, дней (0 — нет)',
    en: 'Silence loses a dispute, days (0: never)',
  },
  'support.disputes/feeBps': { ru: 'Сбор со спорной суммы', en: 'Fee, of the sum in question' },
  'admin.second-person/permanentBlock': { ru: 'Бессрочная блокировка', en: 'A permanent block' },
  'admin.second-person/erasure': { ru: 'Удаление пользователя', en: 'Erasing a user' },
  'admin.second-person/cancelDeals': { ru: 'Блокировка с отменой сделок', en: 'A block that cancels deals' },
  'admin.second-person/restoration': { ru: 'Восстановление из копии', en: 'Restoring a backup' },
};
