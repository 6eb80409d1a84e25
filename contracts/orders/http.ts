import type { ErrorDefinition, Permission } from '../common/define.ts';
import { dealRoutes } from './routes-deal.ts';
import { hoursRoutes } from './routes-hours.ts';
import { ordersRoutes } from './routes-orders.ts';
import { responsesRoutes } from './routes-responses.ts';
import { reviewsRoutes } from './routes-reviews.ts';
import { searchRoutes } from './routes-search.ts';

/** Public routes of orders, below `/api/v1`. */
export const ordersHttp = {
  ...searchRoutes,
  ...ordersRoutes,
  ...dealRoutes,
  ...hoursRoutes,
  ...responsesRoutes,
  ...reviewsRoutes,
};

export const ordersPermissions: Record<string, Permission> = {
  'orders.create': { title: { ru: 'Размещать заказы', en: 'Place orders' }, roles: ['client'] },
  'orders.edit': { title: { ru: 'Вести свои заказы', en: 'Keep own orders' }, roles: ['client'] },
  'orders.respond': { title: { ru: 'Откликаться на заказы', en: 'Respond to orders' }, roles: ['freelancer'] },
  'orders.take-part': {
    title: { ru: 'Участвовать в сделках', en: 'Take part in deals' },
    roles: ['client', 'freelancer'],
  },
};

export const ordersErrors: Record<string, ErrorDefinition> = {
  'orders.not_now': {
    status: 409,
    title: { ru: 'Сейчас это действие недоступно', en: 'Not possible in the present state' },
  },
  'orders.no_revisions_left': { status: 409, title: { ru: 'Правки закончились', en: 'No revisions left' } },
  'orders.nda_required': {
    status: 403,
    title: { ru: 'Сначала согласитесь не разглашать детали', en: 'Consent to keep the details secret first' },
  },
  'orders.unknown_key': {
    status: 400,
    title: { ru: 'Нет такого значения в справочнике', en: 'Not in the dictionary' },
  },
  'orders.deadline_past': { status: 400, title: { ru: 'Срок уже прошёл', en: 'The deadline has passed' } },
  'orders.own_order': { status: 409, title: { ru: 'Это ваш собственный заказ', en: 'This is your own order' } },
  'orders.responded_already': { status: 409, title: { ru: 'Вы уже откликнулись', en: 'You have responded already' } },
  'orders.too_many_responses': {
    status: 409,
    title: { ru: 'Слишком много открытых откликов', en: 'Too many live responses' },
  },
  'orders.no_money_for_deposit': {
    status: 409,
    title: { ru: 'Не хватает денег на залог за отклик', en: 'Not enough money for the response deposit' },
  },
  'orders.over_cap': {
    status: 409,
    title: { ru: 'Больше часов, чем разрешено в неделю', en: 'More than the hours of the week' },
  },
  'orders.no_week_for_day': {
    status: 409,
    title: { ru: 'Этот день нельзя записать: его неделя не идёт', en: 'The week of this day is not open' },
  },
  'orders.too_many_files': { status: 409, title: { ru: 'Слишком много файлов', en: 'Too many files' } },
  'orders.too_many_saved_searches': {
    status: 409,
    title: { ru: 'Слишком много сохранённых поисков', en: 'Too many saved searches' },
  },
  'orders.nothing_to_search': {
    status: 400,
    title: { ru: 'В запросе нет слов, по которым можно искать', en: 'The query has no words to search by' },
  },
  'orders.reviewed_already': { status: 409, title: { ru: 'Отзыв уже оставлен', en: 'Reviewed already' } },
};
