import type { Bilingual } from '#contracts/common/values.ts';
import type { DimensionName } from './parts.ts';

export interface Metric {
  readonly title: Bilingual;
  /** `count`, `money` (minor units of the panel's currency), `seconds`, `share` and `mark` (per mille). */
  readonly unit: 'count' | 'money' | 'seconds' | 'share' | 'mark';
  /** How it is computed, in words: shown beside the figure. */
  readonly formula: Bilingual;
  /** `flow`: what happened in the period. `level`: what stood at its end. */
  readonly kind: 'flow' | 'level';
  /** What its parts are. Of `currency` each has a panel of its own: such sums are never added up. */
  readonly dimension?: DimensionName | 'currency';
  /** The figure can be had for one category of orders. */
  readonly byCategory?: true;
}

/** Every metric, declared once; the API, the reports and the dashboards use these. */
export const METRICS = {
  registrations: {
    title: { ru: 'Регистрации', en: 'Registrations' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'число регистраций', en: 'registrations' },
  },
  sign_ins: {
    title: { ru: 'Входы', en: 'Sign-ins' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'число входов', en: 'sign-ins' },
  },
  active_users: {
    title: { ru: 'Активные пользователи', en: 'Active users' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'разные люди, которые входили или действовали', en: 'distinct people who signed in or acted' },
  },
  active_day: {
    title: { ru: 'Активные за день', en: 'Active in a day' },
    unit: 'count',
    kind: 'level',
    formula: { ru: 'разные люди за последний день периода', en: 'distinct people of the last day of the period' },
  },
  active_week: {
    title: { ru: 'Активные за неделю', en: 'Active in a week' },
    unit: 'count',
    kind: 'level',
    formula: { ru: 'разные люди за последние 7 дней периода', en: 'distinct people of the last 7 days of the period' },
  },
  active_month: {
    title: { ru: 'Активные за месяц', en: 'Active in a month' },
    unit: 'count',
    kind: 'level',
    formula: {
      ru: 'разные люди за последние 30 дней периода',
      en: 'distinct people of the last 30 days of the period',
    },
  },
  retention: {
    title: { ru: 'Удержание', en: 'Retention' },
    unit: 'share',
    kind: 'level',
    formula: {
      ru: 'доля активных в каждом следующем месяце из тех, кто зарегистрировался в одном месяце',
      en: 'share active in each month after, of those who registered in one month',
    },
  },
  skills_offered: {
    title: { ru: 'Навыки исполнителей', en: 'Skills offered' },
    unit: 'count',
    kind: 'level',
    dimension: 'skill',
    formula: { ru: 'исполнители с навыком в профиле, сейчас', en: 'freelancers with the skill on their profile, now' },
  },
  profile_changes: {
    title: { ru: 'Изменения профилей', en: 'Profile changes' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'число изменений', en: 'changes' },
  },
  orders_by_status: {
    title: { ru: 'Заказы по статусам', en: 'Orders by status' },
    unit: 'count',
    kind: 'level',
    dimension: 'status',
    byCategory: true,
    formula: { ru: 'вошли в статус минус вышли', en: 'entered minus left' },
  },
  orders_published: {
    title: { ru: 'Опубликовано заказов', en: 'Orders published' },
    unit: 'count',
    kind: 'flow',
    dimension: 'category',
    byCategory: true,
    formula: { ru: 'переходы в «опубликован»', en: 'moves to published' },
  },
  orders_completed: {
    title: { ru: 'Завершено заказов', en: 'Orders completed' },
    unit: 'count',
    kind: 'flow',
    dimension: 'category',
    byCategory: true,
    formula: { ru: 'переходы в «завершён»', en: 'moves to completed' },
  },
  disputes: {
    title: { ru: 'Споры', en: 'Disputes' },
    unit: 'count',
    kind: 'flow',
    dimension: 'category',
    byCategory: true,
    formula: { ru: 'переходы в «спор»', en: 'moves to disputed' },
  },
  responses: {
    title: { ru: 'Отклики', en: 'Responses' },
    unit: 'count',
    kind: 'flow',
    dimension: 'category',
    byCategory: true,
    formula: { ru: 'поданные отклики', en: 'responses submitted' },
  },
  invitations: {
    title: { ru: 'Приглашения', en: 'Invitations' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'приглашения исполнителей в заказы', en: 'invitations of freelancers to orders' },
  },
  top_skills: {
    title: { ru: 'Востребованные навыки', en: 'Top skills' },
    unit: 'count',
    kind: 'flow',
    dimension: 'skill',
    byCategory: true,
    formula: { ru: 'опубликованные заказы, где навык нужен', en: 'orders published that ask for the skill' },
  },
  reviews: {
    title: { ru: 'Отзывы', en: 'Reviews' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'опубликованные отзывы', en: 'reviews published' },
  },
  topups: {
    title: { ru: 'Пополнения', en: 'Top-ups' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'зачислено на счета', en: 'credited to accounts' },
  },
  chargebacks: {
    title: { ru: 'Отозванные платежи', en: 'Chargebacks' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'пополнения, которые отозвал банк', en: 'top-ups that a bank took back' },
  },
  gmv: {
    title: { ru: 'Оборот сделок', en: 'GMV' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'выплачено исполнителям и комиссия', en: 'paid to freelancers plus commission' },
  },
  placement_fees: {
    title: { ru: 'Плата за публикацию', en: 'Placement fees' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'изменение счёта платы за публикацию', en: 'change of the placement fee account' },
  },
  commission: {
    title: { ru: 'Комиссия', en: 'Commission' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'изменение счёта комиссии', en: 'change of the commission account' },
  },
  bonuses: {
    title: { ru: 'Премии', en: 'Bonuses' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'премии заказчиков и платформы', en: 'bonuses of clients and the platform' },
  },
  withdrawals: {
    title: { ru: 'Выводы', en: 'Withdrawals' },
    unit: 'money',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: 'выведено со счетов', en: 'paid out' },
  },
  escrow_held: {
    title: { ru: 'Удержано по сделкам', en: 'Held in escrow' },
    unit: 'money',
    kind: 'level',
    dimension: 'currency',
    formula: { ru: 'сумма счетов удержания', en: 'sum of escrow accounts' },
  },
  tickets_opened: {
    title: { ru: 'Обращения', en: 'Tickets opened' },
    unit: 'count',
    kind: 'flow',
    dimension: 'kind',
    formula: { ru: 'новые обращения', en: 'new tickets' },
  },
  tickets_resolved: {
    title: { ru: 'Решено обращений', en: 'Tickets resolved' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'переходы в «решено»', en: 'moves to resolved' },
  },
  admin_actions: {
    title: { ru: 'Действия администраторов', en: 'Administrative acts' },
    unit: 'count',
    kind: 'flow',
    formula: { ru: 'записи журнала', en: 'log entries' },
  },
  // Computed from facts rather than summed:
  first_response: {
    title: { ru: 'До первого отклика', en: 'Time to first response' },
    unit: 'seconds',
    kind: 'flow',
    byCategory: true,
    formula: { ru: 'медиана от публикации до первого отклика', en: 'median from publication to the first response' },
  },
  fill_rate: {
    title: { ru: 'Доля нашедших исполнителя', en: 'Fill rate' },
    unit: 'share',
    kind: 'flow',
    byCategory: true,
    formula: {
      ru: 'из заказов периода: начатые / опубликованные',
      en: 'of the orders of the period: started / published',
    },
  },
  dispute_rate: {
    title: { ru: 'Доля споров', en: 'Dispute rate' },
    unit: 'share',
    kind: 'flow',
    byCategory: true,
    formula: { ru: 'из заказов периода: спорные / начатые', en: 'of the orders of the period: disputed / started' },
  },
  take_rate: {
    title: { ru: 'Доля платформы', en: 'Take rate' },
    unit: 'share',
    kind: 'flow',
    dimension: 'currency',
    formula: { ru: '(комиссия + публикация) / оборот', en: '(commission + fees) / GMV' },
  },
  funnel: {
    title: { ru: 'Воронка заказов', en: 'Order funnel' },
    unit: 'count',
    kind: 'flow',
    dimension: 'step',
    byCategory: true,
    formula: {
      ru: 'заказы, созданные в периоде, дошли до шага',
      en: 'orders made in the period that reached the step',
    },
  },
  answer_time: {
    title: { ru: 'До первого ответа поддержки', en: 'Time to first answer' },
    unit: 'seconds',
    kind: 'flow',
    formula: { ru: 'медиана от обращения до первого ответа', en: 'median from opening to the first answer' },
  },
  resolution_time: {
    title: { ru: 'До решения обращения', en: 'Time to resolution' },
    unit: 'seconds',
    kind: 'flow',
    formula: { ru: 'медиана от обращения до решения', en: 'median from opening to resolution' },
  },
  satisfaction: {
    title: { ru: 'Удовлетворённость', en: 'Satisfaction' },
    unit: 'mark',
    kind: 'flow',
    formula: { ru: 'средняя оценка решённых обращений', en: 'mean mark given to tickets' },
  },
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;
