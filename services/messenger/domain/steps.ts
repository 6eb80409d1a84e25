import type { SystemStep } from '#contracts/messenger/views.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { OrderStatus } from '#contracts/orders/process-types.ts';

const BY_STATUS: Readonly<Record<OrderStatus, Record<Locale, string>>> = {
  draft: { ru: 'Заказ снова стал черновиком', en: 'The order is a draft again' },
  awaiting_payment: { ru: 'Ожидается оплата размещения', en: 'The placement fee is awaited' },
  published: { ru: 'Заказ опубликован', en: 'The order was published' },
  in_progress: { ru: 'Работа началась: деньги зарезервированы', en: 'Work has begun: the money is held' },
  delivered: { ru: 'Работа сдана на проверку', en: 'The work was delivered for review' },
  disputed: { ru: 'Открыт спор: деньги заморожены до решения', en: 'A dispute was opened: the money is frozen' },
  completed: { ru: 'Заказ выполнен и принят', en: 'The order is completed' },
  cancelled: { ru: 'Заказ отменён', en: 'The order was cancelled' },
  expired: { ru: 'Срок заказа истёк', en: 'The order has expired' },
  split: { ru: 'Спор решён: деньги разделены', en: 'The dispute was settled: the money was divided' },
};
const BY_ACTION: Readonly<Record<string, Record<Locale, string>>> = {
  responded: { ru: 'Исполнитель откликнулся на заказ', en: 'The freelancer responded to the order' },
  invited: { ru: 'Заказчик пригласил исполнителя', en: 'The client invited the freelancer' },
};
const REVISION = { ru: 'Заказчик попросил доработать', en: 'The client asked for a revision' };
const RULED = { ru: 'Спор решён', en: 'The dispute was ruled on' };
const REASON = { ru: 'Причина', en: 'Reason' };

/** A step of the deal in words. */
export function stepText(step: SystemStep, locale: Locale): string {
  const words =
    step.from === 'delivered' && step.to === 'in_progress'
      ? REVISION[locale]
      : step.to === null
        ? (BY_ACTION[step.action]?.[locale] ?? step.action)
        : BY_STATUS[step.to][locale];
  const ruled = step.from === 'disputed' && step.to !== 'split' && step.to !== null ? `${RULED[locale]}. ` : '';
  return `${ruled}${words}${step.reason ? `. ${REASON[locale]}: ${step.reason}` : ''}`;
}
