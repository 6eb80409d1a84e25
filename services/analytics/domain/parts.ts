import type { Bilingual, Locale } from '#contracts/common/values.ts';

/** What the parts of a figure are. Titles of categories and skills come from the dictionaries of the administration. */
export type DimensionName = 'status' | 'step' | 'kind' | 'category' | 'skill';

const TITLES: Readonly<Record<'status' | 'step' | 'kind', Readonly<Record<string, Bilingual>>>> = {
  status: {
    draft: { ru: 'Черновик', en: 'Draft' },
    awaiting_payment: { ru: 'Ждёт оплаты', en: 'Awaiting payment' },
    published: { ru: 'Опубликован', en: 'Published' },
    in_progress: { ru: 'В работе', en: 'In progress' },
    delivered: { ru: 'Сдан', en: 'Delivered' },
    disputed: { ru: 'Спор', en: 'Disputed' },
    completed: { ru: 'Завершён', en: 'Completed' },
    cancelled: { ru: 'Отменён', en: 'Cancelled' },
    expired: { ru: 'Истёк', en: 'Expired' },
    split: { ru: 'Разделён по спору', en: 'Split by ruling' },
  },
  step: {
    created: { ru: 'Создан', en: 'Created' },
    published: { ru: 'Опубликован', en: 'Published' },
    responded: { ru: 'Получил отклик', en: 'Got a response' },
    started: { ru: 'Начат', en: 'Started' },
    completed: { ru: 'Завершён', en: 'Completed' },
  },
  kind: {
    question: { ru: 'Вопрос', en: 'Question' },
    complaint: { ru: 'Жалоба', en: 'Complaint' },
    dispute: { ru: 'Спор', en: 'Dispute' },
    review: { ru: 'Отзыв', en: 'Review' },
    payment: { ru: 'Платёж', en: 'Payment' },
    appeal: { ru: 'Обжалование', en: 'Appeal' },
  },
};

/** Titles of dictionary entries by dictionary and key. */
export type Dictionaries = ReadonlyMap<string, Bilingual>;

export function dictionaryKey(dictionary: 'categories' | 'skills', key: string): string {
  return `${dictionary}/${key}`;
}

/** What a part is called. One that nobody knows keeps its key. */
export function partTitle(dimension: DimensionName, key: string, locale: Locale, dictionaries: Dictionaries): string {
  if (key === '') return { ru: 'Без категории', en: 'No category' }[locale];
  const title =
    dimension === 'category' || dimension === 'skill'
      ? dictionaries.get(dictionaryKey(dimension === 'skill' ? 'skills' : 'categories', key))
      : TITLES[dimension][key];
  return title?.[locale] ?? key;
}
