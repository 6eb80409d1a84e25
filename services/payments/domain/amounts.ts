import { CURRENCIES, type Currency } from '#contracts/common/values.ts';

/** A sum as people and providers write it, with the decimals of its currency (0, 2 or 3). */
export function major(minor: bigint, currency: Currency): string {
  const decimals = CURRENCIES[currency];
  const text = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const whole = decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
  return `${minor < 0n ? '-' : ''}${whole}`;
}

/** The other way. Undefined: no sum above zero in this currency. */
export function minorOf(text: string, currency: string): bigint | undefined {
  if (!Object.hasOwn(CURRENCIES, currency)) return undefined;
  const decimals = CURRENCIES[currency as Currency];
  const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,3}))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > decimals) return undefined;
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}
