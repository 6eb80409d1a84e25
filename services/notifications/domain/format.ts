import { CURRENCIES, type Currency, type Locale } from '#contracts/common/values.ts';

const LANGUAGE = { ru: 'ru-RU', en: 'en-US' } as const;

/** `1 234,50 ₽`; exact, the sum never becomes a float. */
export function formatMoney(sum: { amount: string; currency: Currency }, locale: Locale): string {
  const decimals = CURRENCIES[sum.currency];
  const digits = sum.amount.replace('-', '').padStart(decimals + 1, '0');
  const text = `${sum.amount.startsWith('-') ? '-' : ''}${digits.slice(0, digits.length - decimals)}${decimals > 0 ? `.${digits.slice(-decimals)}` : ''}`;
  return new Intl.NumberFormat(LANGUAGE[locale], {
    style: 'currency',
    currency: sum.currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(text as Intl.StringNumericLiteral);
}

/** Date and time of day with the zone's name, so that nobody has to guess whose clock it is. */
export function formatTime(time: string, locale: Locale, timeZone: string): string {
  return new Intl.DateTimeFormat(LANGUAGE[locale], {
    timeZone: knownZone(timeZone),
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(time));
}

/** A zone that this runtime does not know is taken for Moscow's. */
export function knownZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    return 'Europe/Moscow';
  }
}
