import type { Bilingual } from '#contracts/common/values.ts';
import type { TicketStatus } from './life.ts';

export const STATUS_TITLES: Readonly<Record<TicketStatus, Bilingual>> = {
  new: { ru: 'Новое', en: 'New' },
  assigned: { ru: 'В работе', en: 'In work' },
  waiting_for_user: { ru: 'Ждёт вашего ответа', en: 'Waiting for the user' },
  answered: { ru: 'Есть ответ', en: 'Answered' },
  resolved: { ru: 'Решено', en: 'Resolved' },
  closed: { ru: 'Закрыто', en: 'Closed' },
  escalated: { ru: 'На рассмотрении администрации', en: 'With the administration' },
};

export type TicketKind = 'question' | 'complaint' | 'dispute' | 'review' | 'payment' | 'appeal';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';

/** Where money stands still, nobody should wait behind a question. */
export const FIRST_PRIORITY: Readonly<Record<TicketKind, Priority>> = {
  question: 'normal',
  complaint: 'normal',
  dispute: 'urgent',
  review: 'normal',
  payment: 'high',
  appeal: 'normal',
};
