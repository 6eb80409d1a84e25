/** What the platform itself says in a ticket: kept as a key with what differs, put into words for each reader. */
import type { Bilingual, Locale, Money } from '#contracts/common/values.ts';
import { type DisputeTerms, rulesOf, type Side } from './disputes.ts';

export type Difference = 'missing_here' | 'missing_there' | 'other_sum' | 'other_state';

export type PlatformWords =
  | { readonly key: 'rules'; readonly terms: DisputeTerms; readonly fee: Money | null }
  /** A side that did not answer in time. */
  | { readonly key: 'silence'; readonly side: Side; readonly days: number }
  | { readonly key: 'offers_met' }
  | { readonly key: 'fee_missing'; readonly missing: string }
  | { readonly key: 'frozen' }
  | { readonly key: 'merged_into' | 'merged_from'; readonly number: number }
  | { readonly key: 'assignee_silent' }
  /** Subject of the ticket of a difference. */
  | { readonly key: 'difference_of'; readonly what: 'payment' | 'payout'; readonly reference: string }
  | {
      readonly key: 'difference';
      readonly kind: Difference;
      readonly ours: string | null;
      readonly theirs: string | null;
      readonly userId: string | null;
    };

const SILENT: Readonly<Record<Side, Bilingual>> = {
  client: { ru: 'Заказчик не ответил', en: 'The client said nothing' },
  freelancer: { ru: 'Исполнитель не ответил', en: 'The freelancer said nothing' },
};
const OFFERS_MET = { ru: 'Предложения сторон сошлись.', en: 'The offers of both parties met.' };
const FROZEN = {
  ru: 'Одна из сторон сделки заблокирована, сделка заморожена. Расскажите, как её закончить; закрытые предложения и решение — как в споре.',
  en: 'A party of the deal is blocked and the deal is frozen. Say how it should end; sealed offers and a ruling work as in a dispute.',
};
const DIFFERENCES: Readonly<Record<Difference, Bilingual>> = {
  missing_here: { ru: 'есть у провайдера, нет в журнале', en: 'the provider has it, the ledger does not' },
  missing_there: { ru: 'есть в журнале, нет у провайдера', en: 'the ledger has it, the provider does not' },
  other_sum: { ru: 'другая сумма', en: 'another sum' },
  other_state: { ru: 'другое состояние', en: 'another state' },
};

const ASSIGNEE_SILENT = { ru: 'Исполнитель молчал дольше срока.', en: 'The assignee was silent for too long.' };
const COMPARED: Readonly<Record<'payment' | 'payout', Bilingual>> = {
  payment: { ru: 'платёж', en: 'payment' },
  payout: { ru: 'выплата', en: 'payout' },
};

export function inWords(words: PlatformWords, locale: Locale): string {
  const ru = locale === 'ru';
  switch (words.key) {
    case 'rules':
      return rulesOf(words.terms, words.fee, locale).join('\n');
    case 'silence':
      return `${SILENT[words.side][locale]} ${ru ? `за ${words.days} дн.` : `for ${words.days} days.`}`;
    case 'offers_met':
      return OFFERS_MET[locale];
    case 'fee_missing':
      return `${ru ? 'Не хватает денег на сбор' : 'The money for the fee is not there'}: ${words.missing}.`;
    case 'frozen':
      return FROZEN[locale];
    case 'merged_into':
      return ru ? `Объединено с обращением №${words.number}.` : `Merged into ticket ${words.number}.`;
    case 'merged_from':
      return ru ? `Сюда перенесено обращение №${words.number}.` : `Ticket ${words.number} was merged into this one.`;
    case 'assignee_silent':
      return ASSIGNEE_SILENT[locale];
    case 'difference_of':
      return `${ru ? 'Сверка с провайдером' : 'Reconciliation'}: ${COMPARED[words.what][locale]} ${words.reference}`;
    case 'difference':
      return [
        DIFFERENCES[words.kind][locale],
        `${ru ? 'журнал' : 'ledger'}: ${words.ours ?? '—'}`,
        `${ru ? 'провайдер' : 'provider'}: ${words.theirs ?? '—'}`,
        ...(words.userId === null ? [] : [`${ru ? 'пользователь' : 'user'}: ${words.userId}`]),
      ].join('\n');
    default:
      return words satisfies never;
  }
}

/** In each language, for those who keep it for readers of theirs. */
export function inBoth(words: PlatformWords | null): Bilingual | null {
  return words && { ru: inWords(words, 'ru'), en: inWords(words, 'en') };
}

/** Words of a person as they are, those of the platform in the language of the reader. */
export function readable<T extends string | null>(text: T, words: PlatformWords | null | undefined, locale: Locale) {
  return words ? inWords(words, locale) : text;
}
