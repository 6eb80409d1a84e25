/** What a dispute knows of itself, and what is said of its rules before anything happens. */
import { CURRENCIES, type Locale, type Money } from '#contracts/common/values.ts';
import type { Ruling } from './ruling.ts';

export type Side = 'client' | 'freelancer';
export type Party = 'author' | 'respondent';

export interface DisputeTerms {
  readonly appealDays: number;
  readonly silenceDays: number;
  readonly feeBps: number;
}

export interface Decided extends Ruling {
  readonly by: 'support' | 'admin' | 'silence' | 'agreement';
  /** Null: the platform itself. */
  readonly byId: string | null;
  readonly at: string;
  /** Null: final. */
  readonly appealUntil: string | null;
  readonly accepted: readonly Party[];
  readonly appeal: { readonly by: Party; readonly reason: string; readonly at: string } | null;
}

export interface DisputeCase {
  readonly authorSide: Side;
  readonly claim: Money;
  /** As they stood when it was opened: what was said in advance holds. */
  readonly terms: DisputeTerms;
  readonly fee: Money | null;
  readonly feeState: 'none' | 'held' | 'returned' | 'kept' | 'divided';
  readonly authorDue: string | null;
  readonly respondentDue: string | null;
  readonly ruling: Decided | null;
}

const DAY = 86_400_000;

export function daysFrom(now: Date, days: number): string {
  return new Date(now.getTime() + days * DAY).toISOString();
}

/** The fee of a claim, rounded down; null: none. */
export function feeOf(claim: Money, feeBps: number): Money | null {
  const amount = (BigInt(claim.amount) * BigInt(feeBps)) / 10_000n;
  return amount === 0n ? null : { amount: amount.toString(), currency: claim.currency };
}

/** What of the fee goes back: the share of the claim that its payer was given; all of it when both sides agreed. */
export function feeReturned(of: DisputeCase, ruling: Pick<Decided, 'freelancerAmount' | 'by'>): bigint {
  if (of.fee === null) return 0n;
  const [fee, claim, toFreelancer] = [of.fee.amount, of.claim.amount, ruling.freelancerAmount.amount].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ];
  if (ruling.by === 'agreement' || claim === 0n) return fee;
  const won = of.authorSide === 'freelancer' ? toFreelancer : claim - toFreelancer;
  return (fee * won) / claim;
}

export function feeStateAfter(fee: bigint, returned: bigint): DisputeCase['feeState'] {
  if (fee === 0n) return 'none';
  if (returned === fee) return 'returned';
  return returned === 0n ? 'kept' : 'divided';
}

/** Who has let his time go by. */
export function silentParties(of: DisputeCase, now: Date): Party[] {
  const late = (due: string | null) => due !== null && Date.parse(due) <= now.getTime();
  return [
    ...(late(of.authorDue) ? (['author'] as const) : []),
    ...(late(of.respondentDue) ? (['respondent'] as const) : []),
  ];
}

/** When the next side's time is over. */
export function nextDue(of: DisputeCase): Date | undefined {
  const dues = [of.authorDue, of.respondentDue].filter((due) => due !== null).map((due) => Date.parse(due));
  return dues.length === 0 ? undefined : new Date(Math.min(...dues));
}

/** What silence leads to: the money is the other side's. */
export function rulingBySilence(of: DisputeCase, silent: Party): Ruling {
  const side: Side = silent === 'author' ? of.authorSide : of.authorSide === 'client' ? 'freelancer' : 'client';
  const release = side === 'client';
  return {
    outcome: release ? 'release' : 'refund',
    freelancerAmount: release ? of.claim : { amount: '0', currency: of.claim.currency },
    reason: '',
    words: { key: 'silence', side, days: of.terms.silenceDays },
  };
}

function show(money: Money, locale: Locale): string {
  const digits = CURRENCIES[money.currency];
  const padded = money.amount.padStart(digits + 1, '0');
  const whole = digits === 0 ? padded : `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
  return new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency }).format(
    whole as unknown as number,
  );
}

/** The rules of a dispute, a sentence each; the same words before it is opened and beside it. */
export function rulesOf(terms: DisputeTerms, fee: Money | null, locale: Locale): string[] {
  const ru = locale === 'ru';
  const { appealDays, silenceDays, feeBps } = terms;
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(feeBps / 10_000);
  const lines = [
    ru
      ? 'Деньги сделки заморожены, пока спор не закончится.'
      : 'The money of the deal is frozen until the dispute is over.',
    ru
      ? 'Стороны могут сделать закрытые предложения: если они сойдутся, сделка сразу и окончательно закончится посередине.'
      : 'Both sides may make sealed offers: where they meet, the deal ends at the midpoint, at once and finally.',
  ];
  if (silenceDays > 0)
    lines.push(
      ru
        ? `Кто за ${silenceDays} дн. после открытия спора или вопроса поддержки не ответит, проигрывает: деньги получает другая сторона. Если молчат обе, решает поддержка по тому, что есть.`
        : `Who does not answer within ${silenceDays} days of the opening or of a question of support loses: the money goes to the other side. If both are silent, support decides by what there is.`,
    );
  lines.push(
    ru
      ? `Решение можно обжаловать ${appealDays} дн.: жалобу рассматривает другой человек, и его решение окончательно. Деньги двинутся, когда срок пройдёт или обе стороны согласятся с решением.`
      : `A ruling can be appealed for ${appealDays} days: somebody else decides, and that is final. The money moves when the time is over or both sides accept the ruling.`,
  );
  if (feeBps > 0) {
    const sum = fee === null ? percent : show(fee, locale);
    lines.push(
      ru
        ? `Сбор ${sum} платит сразу тот, кто открывает спор. Он возвращается в той доле, в какой спор решён в его пользу; если стороны договорились, возвращается весь.`
        : `The fee, ${sum}, is paid at once by who opens the dispute. It comes back in the share in which the dispute is decided for him; all of it when both sides agree.`,
    );
  } else lines.push(ru ? 'Спор ничего не стоит.' : 'A dispute costs nothing.');
  return lines;
}
