import { z } from 'zod';
import type { Bilingual } from '../common/values.ts';

/** Why the platform itself did something, where no person gave a reason. */
export const REASON_TITLES = {
  not_enough_money: { ru: 'недостаточно денег на счёте', en: 'not enough money' },
  user_blocked: { ru: 'учётная запись заблокирована', en: 'the account is blocked' },
  timed_out: { ru: 'оплата не пришла вовремя', en: 'the payment did not come in time' },
  other_chosen: { ru: 'выбран другой исполнитель', en: 'another freelancer was chosen' },
  order_cancelled: { ru: 'заказ отменён', en: 'the order was cancelled' },
  order_expired: { ru: 'исполнитель не выбран в срок', en: 'no freelancer was chosen in time' },
  block_lifted: { ru: 'блокировка снята', en: 'the block was lifted' },
  client_blocked: { ru: 'заказчик заблокирован', en: 'the client was blocked' },
  freelancer_blocked: { ru: 'исполнитель заблокирован', en: 'the freelancer was blocked' },
  silence_accepts: { ru: 'время проверки вышло', en: 'the review time has ended' },
  all_milestones_done: { ru: 'все этапы приняты', en: 'all milestones are accepted' },
  response_expired: { ru: 'срок отклика вышел', en: 'the response has expired' },
  rest_too_long: {
    ru: 'денег на следующую неделю не было слишком долго',
    en: 'there was no money for the next week for too long',
  },
  all_weeks_done: { ru: 'все недели оплачены', en: 'all weeks are paid' },
  nothing_worked: { ru: 'оплаченного времени не было', en: 'no time was paid' },
  silence_loses: {
    ru: 'другая сторона спора не ответила в срок',
    en: 'the other side of the dispute did not answer in time',
  },
  offers_met: { ru: 'предложения сторон сошлись', en: 'the offers of both sides met' },
  agreed_cancellation: { ru: 'стороны договорились', en: 'both sides agreed' },
  moved_on: { ru: 'заказ тем временем изменился', en: 'the order moved on meanwhile' },
  given_up: { ru: 'исполнитель отказался от заказа', en: 'the freelancer gave the order up' },
} as const satisfies Record<string, Bilingual>;
export type ReasonCode = keyof typeof REASON_TITLES;
export const reasonCode = z.enum(Object.keys(REASON_TITLES) as [ReasonCode, ...ReasonCode[]]);
