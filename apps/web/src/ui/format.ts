import { currentLocale, t } from '../i18n.ts';

export interface MoneyLike {
  amount: string;
  currency: string;
}

const tag = () => (currentLocale() === 'ru' ? 'ru-RU' : 'en-GB');

/** Places after the point in a currency: 2 for RUB, 0 for JPY. */
export function decimalsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function plain(amount: string, decimals: number): string {
  const sign = amount.startsWith('-') ? '-' : '';
  const digits = amount.replace('-', '').padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** Minor units in words of the language, exactly: no float in between. Round sums without their zero decimals. */
export function formatMoney({ amount, currency }: MoneyLike): string {
  const decimals = decimalsOf(currency);
  const value = plain(amount, decimals);
  const round = decimals > 0 && /\.0+$/.test(value);
  return new Intl.NumberFormat(tag(), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: round ? 0 : decimals,
  }).format(value as `${number}`);
}

export function formatBudget(budget: { min: string; max: string; currency: string }): string {
  const max = formatMoney({ amount: budget.max, currency: budget.currency });
  if (budget.min === budget.max) return max;
  if (budget.min === '0') return t('search.upTo', { sum: max });
  const decimals = decimalsOf(budget.currency);
  const min = new Intl.NumberFormat(tag(), { maximumFractionDigits: decimals }).format(
    plain(budget.min, decimals) as `${number}`,
  );
  // Where the sign leads («₽» follows in Russian) both sums carry it.
  return currentLocale() === 'ru'
    ? `${min} – ${max}`
    : `${formatMoney({ amount: budget.min, currency: budget.currency })} – ${max}`;
}

/** «1 500,50» → "150050"; undefined when it is no sum. */
export function toMinor(text: string, currency: string): string | undefined {
  const decimals = decimalsOf(currency);
  const found = /^(\d{1,13})(?:[.,](\d+))?$/.exec(text.replace(/\s/g, ''));
  if (!found || (found[2]?.length ?? 0) > decimals) return undefined;
  return `${found[1]}${(found[2] ?? '').padEnd(decimals, '0')}`.replace(/^0+(?=\d)/, '');
}

/** "150050" → «1500.50», for an input. */
export function fromMinor(amount: string, currency: string): string {
  return plain(amount, decimalsOf(currency)).replace(/\.0+$/, '');
}

export function formatDate(at: string): string {
  return new Date(at).toLocaleDateString(tag(), { day: 'numeric', month: 'long', year: 'numeric' });
}
export function formatTime(at: string): string {
  return new Date(at).toLocaleString(tag(), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}
export function formatClock(at: string): string {
  return new Date(at).toLocaleTimeString(tag(), { hour: '2-digit', minute: '2-digit' });
}
export function formatAgo(at: string): string {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(tag(), { numeric: 'auto' });
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const)
    if (Math.abs(seconds) >= size)
      return Math.abs(seconds) > 30 * 86_400 ? formatDate(at) : words.format(Math.round(seconds / size), unit);
  return words.format(0, 'second');
}
export function formatSize(bytes: number): string {
  const [unit, value] =
    bytes >= 1 << 20 ? (['megabyte', bytes / (1 << 20)] as const) : (['kilobyte', bytes / 1024] as const);
  return new Intl.NumberFormat(tag(), { style: 'unit', unit, maximumFractionDigits: 1 }).format(value);
}
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: 2 }).format(value);
}
export function countryName(code: string): string {
  try {
    return new Intl.DisplayNames([tag()], { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([tag()], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
/** A day of the calendar in UTC. */
export function formatDay(day: string): string {
  return new Date(day).toLocaleDateString(tag(), { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
/** From one moment up to another, as days of the calendar in UTC. */
export function formatDays(from: string, until: string): string {
  const format = new Intl.DateTimeFormat(tag(), { day: 'numeric', month: 'long', timeZone: 'UTC' });
  return format.formatRange(new Date(from), new Date(Date.parse(until) - 1));
}
export function formatShare(value: number): string {
  return new Intl.NumberFormat(tag(), { style: 'percent', maximumFractionDigits: 1 }).format(value);
}
/** Seconds in the largest unit that fits. */
export function formatDuration(seconds: number): string {
  const [unit, size] =
    seconds >= 172_800
      ? (['day', 86_400] as const)
      : seconds >= 7200
        ? (['hour', 3600] as const)
        : seconds >= 60
          ? (['minute', 60] as const)
          : (['second', 1] as const);
  return new Intl.NumberFormat(tag(), { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    seconds / size,
  );
}
