import type { Locale } from '#contracts/common/values.ts';
import type { NextAction } from '../domain/process.ts';
import { moneyEffect, type Sums, whyText } from '../domain/words.ts';

/** What somebody may do next, why not, and what it does with money, in his language. */
export function actionsView<A extends string>(actions: readonly NextAction<A>[], sums: Sums, locale: Locale) {
  return actions.map(({ name, why, money: code }) => ({
    name,
    allowed: why === undefined,
    why: why ? whyText(why, locale) : null,
    moneyEffect: code ? moneyEffect(code, sums, locale) : null,
  }));
}
