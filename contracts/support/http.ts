import type { ErrorDefinition, Permission } from '../common/define.ts';
import { staffRoutes } from './routes-staff.ts';
import { userRoutes } from './routes-user.ts';

/** Public routes of support, below `/api/v1`. */
export const supportHttp = { ...userRoutes, ...staffRoutes };

const staff = ['support', 'admin'];
export const supportPermissions: Record<string, Permission> = {
  'tickets.work': { title: { ru: 'Работать с обращениями', en: 'Work on tickets' }, roles: staff },
  'tickets.assign': { title: { ru: 'Назначать обращения', en: 'Assign tickets' }, roles: staff },
  'tickets.escalate': { title: { ru: 'Передавать обращения администрации', en: 'Escalate tickets' }, roles: staff },
  'reviews.delete': { title: { ru: 'Удалять отзывы', en: 'Delete reviews' }, roles: staff },
  'disputes.rule': { title: { ru: 'Решать споры', en: 'Rule on disputes' }, roles: staff },
};

export const supportErrors: Record<string, ErrorDefinition> = {
  'support.step_refused': {
    status: 409,
    title: { ru: 'В этом состоянии обращения так нельзя', en: 'The state of the ticket does not allow it' },
  },
  'support.own_ticket': {
    status: 403,
    title: { ru: 'Своё дело сотрудник не ведёт', en: 'Staff does not work on its own case' },
  },
  'support.not_staff': { status: 400, title: { ru: 'Это не сотрудник поддержки', en: 'Not a member of support' } },
  'support.not_disputable': {
    status: 409,
    title: { ru: 'По заказу в этом состоянии спор не открыть', en: 'The order cannot be disputed in its state' },
  },
  'support.dispute_exists': {
    status: 409,
    title: { ru: 'По этому заказу спор уже идёт', en: 'The order is already disputed' },
  },
  'support.dispute_open': {
    status: 409,
    title: { ru: 'Сначала вынесите решение по спору', en: 'Rule on the dispute first' },
  },
  'support.not_dispute': { status: 409, title: { ru: 'Это не открытый спор', en: 'Not an open dispute' } },
  'support.amount_faulty': {
    status: 400,
    title: { ru: 'Сумма не подходит к решению', en: 'The amount does not fit the outcome' },
  },
  'support.fee_not_covered': {
    status: 409,
    title: { ru: 'Не хватает денег на сбор за спор', en: 'The money for the fee of the dispute is not there' },
  },
  'support.same_person': {
    status: 409,
    title: { ru: 'Это решает другой сотрудник', en: 'Somebody else has to decide this' },
  },
  'support.appeal_over': {
    status: 409,
    title: { ru: 'Срок обжалования прошёл', en: 'The time to appeal is over' },
  },
  'support.not_mergeable': {
    status: 409,
    title: { ru: 'Эти обращения не объединить', en: 'These tickets cannot be put together' },
  },
  'support.no_offers_left': {
    status: 409,
    title: { ru: 'Предложений больше нет', en: 'No offers left' },
  },
  'support.too_many_canned': {
    status: 409,
    title: { ru: 'Слишком много заготовок', en: 'Too many ready texts' },
  },
  'support.no_review': {
    status: 409,
    title: { ru: 'В обращении нет отзыва', en: 'The ticket is not about a review' },
  },
  'support.nothing_to_appeal': {
    status: 409,
    title: {
      ru: 'Обжаловать можно удаление или правку своего отзыва',
      en: 'Only what was done to an own review can be appealed',
    },
  },
  'support.too_many_messages': {
    status: 409,
    title: { ru: 'В обращении слишком много сообщений', en: 'The ticket has too many messages' },
  },
};
