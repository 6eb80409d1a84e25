import type { Bilingual, Locale } from '#contracts/common/values.ts';
import { REASON_TITLES } from '#contracts/orders/reasons.ts';

/** The bonuses that a rule pays, by the memo that the books have of them. */
export const RULE_MEMOS = { 'first-order': 'first completed order', referral: 'referral' } as const;

const WORDS: Readonly<Record<string, Bilingual>> = {
  ...REASON_TITLES,
  [RULE_MEMOS['first-order']]: { ru: 'первый выполненный заказ', en: 'first completed order' },
  [RULE_MEMOS.referral]: { ru: 'приглашённый выполнил первый заказ', en: 'who you brought completed an order' },
};
const disputeFee = (number: string) => ({ ru: `Сбор за спор № ${number}`, en: `Fee of dispute ${number}` });
/** As a key (`contracts/payments/memos.ts`); and as sealed books have it from when both languages stood there. */
const DISPUTE_FEES = [/^dispute_fee:(\d+)$/, /^Сбор за спор № (\d+) \/ Fee of dispute \1$/];

/** The memo of a movement for its reader: what the platform says in his language, what a person wrote as it is. */
export function memoIn<T extends string | null>(memo: T, locale: Locale): T | string {
  if (memo === null) return memo;
  const number = DISPUTE_FEES.map((fee) => fee.exec(memo)?.[1]).find((found) => found !== undefined);
  if (number !== undefined) return disputeFee(number)[locale];
  return Object.hasOwn(WORDS, memo) ? (WORDS[memo] as Bilingual)[locale] : memo;
}
