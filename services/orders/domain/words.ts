import { CURRENCIES, type Bilingual, type Locale, type Money } from '#contracts/common/values.ts';
import { REASON_TITLES, type ReasonCode } from '#contracts/orders/reasons.ts';
import type { MoneyCode } from '#contracts/orders/process-types.ts';

/** Why an action is not possible. */
const WHY = {
  not_yours: { ru: 'это действие другой стороны', en: 'this is up to the other side' },
  wrong_state: { ru: 'не в этом состоянии', en: 'not in this state' },
  funding: { ru: 'деньги ещё удерживаются', en: 'money is still being held' },
  by_hours: { ru: 'работа оплачивается по часам', en: 'the work is paid by the hour' },
  by_price: { ru: 'у сделки твёрдая цена', en: 'the deal has a fixed price' },
  weeks_open: { ru: 'не все недели закрыты', en: 'not all weeks are closed' },
  weeks_paid: { ru: 'есть оплаченные недели', en: 'there are paid weeks' },
  nothing_paid: { ru: 'нет ни одной оплаченной недели', en: 'no week was paid' },
  by_milestones: { ru: 'работа сдаётся по этапам', en: 'the work is delivered by milestones' },
  no_revisions_left: { ru: 'правки закончились', en: 'no revisions left' },
  milestones_open: { ru: 'не все этапы закончены', en: 'not all milestones are finished' },
  proposal_open: { ru: 'уже есть предложение без ответа', en: 'a proposal waits for an answer' },
  no_proposal: { ru: 'нет такого предложения', en: 'there is no such proposal' },
  own_proposal: { ru: 'это ваше предложение, решает другая сторона', en: 'your own proposal: the other side decides' },
  no_cancellation: { ru: 'отмена не предложена', en: 'no cancellation is proposed' },
  is_cancellation: { ru: 'предложена отмена', en: 'what is proposed is a cancellation' },
  responded: { ru: 'вы уже откликнулись', en: 'you have responded already' },
  not_invited: { ru: 'отвечать могут только приглашённые', en: 'only who is invited may respond' },
  response_closed: { ru: 'отклик уже закрыт', en: 'the response is closed' },
  no_counter: { ru: 'встречного предложения нет', en: 'there is no counter-offer' },
  fixed_fields: {
    ru: 'после публикации бюджет, категорию и вид заказа не меняют',
    en: 'budget, category and kind of order are fixed once published',
  },
  reviewed: { ru: 'вы уже оставили отзыв', en: 'you have reviewed already' },
  reviews_over: { ru: 'время для отзывов прошло', en: 'the time for reviews is over' },
  answered: { ru: 'вы уже ответили', en: 'answered already' },
  invitation_closed: {
    ru: 'приглашение уже закрыто: на него ответили, его отозвали или заказ не ищет исполнителя',
    en: 'the invitation is closed: it was answered, taken back, or the order looks for nobody',
  },
  no_nda: { ru: 'соглашение не требуется', en: 'no consent is needed' },
  not_running: { ru: 'сделка не идёт', en: 'the deal is not running' },
} as const satisfies Record<string, Bilingual>;
export type WhyCode = keyof typeof WHY;

export function whyText(code: WhyCode, locale: Locale): string {
  return WHY[code][locale];
}

export function reasonText(code: string | null, locale: Locale): string | null {
  return code === null ? null : (REASON_TITLES[code as ReasonCode]?.[locale] ?? code);
}

/** What the arithmetic of an action may name; null where it is not known yet. */
export interface Sums {
  readonly fee: Money | null;
  readonly held: Money | null;
  readonly commission: Money | null;
  readonly toFreelancer: Money | null;
  readonly unanswered: boolean;
  readonly agreed: Money | null;
  /** What is held when it is accepted or funded, and what of it is the client's fee. */
  readonly pays: Money | null;
  readonly clientFee: Money | null;
  /** What approval of the hours pays, and what giving the contested ones up would. */
  readonly hours: HoursSums | null;
  readonly uncontested: HoursSums | null;
  /** What responding holds, and after how many days of silence it comes back. */
  readonly deposit: Money | null;
  readonly silenceDays: number;
}

export interface HoursSums {
  readonly gross: Money;
  readonly commission: Money;
  readonly toFreelancer: Money;
  readonly toClient: Money;
}

export const NO_SUMS: Sums = {
  fee: null,
  held: null,
  commission: null,
  toFreelancer: null,
  unanswered: true,
  agreed: null,
  pays: null,
  clientFee: null,
  hours: null,
  uncontested: null,
  deposit: null,
  silenceDays: 0,
};

/** Exact: the amount never becomes a float. */
export function moneyText(money: Money, locale: Locale): string {
  const decimals = CURRENCIES[money.currency];
  const digits = money.amount.padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  const format = new Intl.NumberFormat(locale === 'ru' ? 'ru-RU' : 'en-US', {
    style: 'currency',
    currency: money.currency,
  });
  return format.format(text as Intl.StringNumericLiteral);
}

type Show = (money: Money | null) => string;
/** Null: with these sums no money moves, and nothing is said of it. */
type MoneyWords = (sums: Sums, show: Show) => Bilingual | null;

const hoursWords = (of: HoursSums | null, show: Show): Bilingual =>
  of
    ? {
        ru: `исполнитель получит ${show(of.toFreelancer)}: ${show(of.gross)} минус комиссия ${show(of.commission)}; заказчику вернётся ${show(of.toClient)}`,
        en: `the freelancer gets ${show(of.toFreelancer)}: ${show(of.gross)} less ${show(of.commission)} commission; ${show(of.toClient)} goes back to the client`,
      }
    : {
        ru: 'исполнитель получит плату за часы минус комиссия, остальное вернётся заказчику',
        en: 'the freelancer gets the pay for the hours less commission, the rest goes back to the client',
      };

const feePart = (fee: Money | null, show: Show): Bilingual =>
  fee && fee.amount !== '0'
    ? { ru: `, из них сбор площадки ${show(fee)}`, en: `, of it ${show(fee)} is the platform's fee` }
    : { ru: '', en: '' };

const MONEY = {
  fee_charged: ({ fee }, show) => ({
    ru: fee ? `спишется плата за публикацию: ${show(fee)}` : 'спишется плата за публикацию',
    en: fee ? `the placement fee is charged: ${show(fee)}` : 'the placement fee is charged',
  }),
  late_charge_returned: () => ({ ru: 'поздняя оплата вернётся', en: 'a late charge is given back' }),
  price_held: ({ pays, clientFee }, show) => ({
    ru: `${pays ? show(pays) : 'цена'} удержится на вашем счёте до приёмки${feePart(clientFee, show).ru}`,
    en: `${pays ? show(pays) : 'the price'} is held until you accept the work${feePart(clientFee, show).en}`,
  }),
  week_held: ({ pays, clientFee }, show) => ({
    ru: `${pays ? show(pays) : 'плата за неделю'} удержится на вашем счёте: ставка × часы недели${feePart(clientFee, show).ru}; неотработанное вернётся`,
    en: `${pays ? show(pays) : 'the pay of a week'} is held: rate × hours of the week${feePart(clientFee, show).en}; what is not worked comes back`,
  }),
  hours_paid: ({ hours }, show) => hoursWords(hours, show),
  uncontested_paid: ({ uncontested }, show) => hoursWords(uncontested, show),
  hours_stay_held: () => ({
    ru: 'деньги недели остаются удержанными, пока стороны не решат',
    en: 'the money of the week stays held until it is decided',
  }),
  hours_settled: () => ({
    ru: 'отработанное уйдёт на проверку и будет оплачено, удержанное сверх того вернётся заказчику',
    en: 'what was worked goes to approval and is paid, what is held beyond it goes back to the client',
  }),
  deposit_held: ({ deposit, silenceDays }, show) =>
    deposit
      ? {
          ru: `удержится залог ${show(deposit)}. Он вернётся, если заказ отменят или он истечёт, если отклик никто не открыл, если вы отзовёте его до решения или если заказчик молчит ${silenceDays} дн. Он спишется, если заказчик открыл отклик и решил: отметил, отклонил, предложил свои условия, выбрал вас или другого`,
          en: `a deposit of ${show(deposit)} is held. It comes back if the order is cancelled or expires, if nobody opened your response, if you withdraw it before a decision, or if the client stays silent for ${silenceDays} days. It is spent if the client opened your response and decided: shortlisted, declined, made a counter-offer, chose you or another one`,
        }
      : { ru: 'отклик бесплатный', en: 'responding is free' },
  deposit_spent: ({ deposit }, show) =>
    deposit && {
      ru: `залог исполнителя ${show(deposit)} спишется: отклик рассмотрен`,
      en: `the freelancer's deposit of ${show(deposit)} is spent: the response is considered`,
    },
  deposit_returned: ({ deposit }, show) =>
    deposit && { ru: `залог ${show(deposit)} вернётся`, en: `the deposit of ${show(deposit)} comes back` },
  fee_returned_if_unanswered: ({ fee, unanswered }, show) =>
    unanswered
      ? {
          ru: `откликов нет: плата за публикацию вернётся${fee ? `, ${show(fee)}` : ''}`,
          en: `nobody responded: the placement fee is given back${fee ? `, ${show(fee)}` : ''}`,
        }
      : { ru: 'отклики есть: плата за публикацию не вернётся', en: 'there are responses: the placement fee is kept' },
  held_released: ({ held, commission, toFreelancer }, show) => ({
    ru: commission
      ? `исполнитель получит ${show(toFreelancer)}: ${show(held)} минус комиссия ${show(commission)}`
      : 'исполнитель получит удержанную сумму минус комиссия',
    en: commission
      ? `the freelancer gets ${show(toFreelancer)}: ${show(held)} less ${show(commission)} commission`
      : 'the freelancer gets the held sum less commission',
  }),
  held_refunded: ({ held }, show) => ({
    ru: `${held ? show(held) : 'удержанная сумма'} вернётся заказчику`,
    en: `${held ? show(held) : 'the held sum'} goes back to the client`,
  }),
  refund_if_agreed: ({ held }, show) => ({
    ru: `с согласия исполнителя ${held ? show(held) : 'удержанная сумма'} вернётся заказчику`,
    en: `if the freelancer agrees, ${held ? show(held) : 'the held sum'} goes back to the client`,
  }),
  held_divided_as_agreed: ({ agreed }, show) => ({
    ru: agreed
      ? `исполнителю останется ${show(agreed)} (до комиссии), остальное вернётся заказчику`
      : 'удержанная сумма разделится, как предложено',
    en: agreed
      ? `the freelancer keeps ${show(agreed)} (before commission), the rest goes back to the client`
      : 'the held sum is divided as proposed',
  }),
  held_frozen: ({ held }, show) => ({
    ru: `${held ? show(held) : 'удержанная сумма'} замораживается до решения`,
    en: `${held ? show(held) : 'the held sum'} is frozen until a ruling`,
  }),
  held_divided: () => ({ ru: 'удержанная сумма делится', en: 'the held sum is divided' }),
} as const satisfies Record<MoneyCode, MoneyWords>;

export function moneyEffect(code: MoneyCode, sums: Sums, locale: Locale): string | null {
  const show: Show = (money) => (money ? moneyText(money, locale) : '—');
  return (MONEY[code] as MoneyWords)(sums, show)?.[locale] ?? null;
}
