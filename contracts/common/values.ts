import { z } from 'zod';

/** UUIDv7, the id of everything. */
export const id = z.uuid();

/** RFC 3339, UTC. */
export const timestamp = z.iso.datetime({ offset: false });

export const locale = z.enum(['ru', 'en']);
export type Locale = z.infer<typeof locale>;

/** Currencies the platform can hold, with the decimals of their minor unit (ISO 4217). */
export const CURRENCIES = { RUB: 2, USD: 2, EUR: 2, KZT: 2, BYN: 2, JPY: 0, KWD: 3 } as const;
export type Currency = keyof typeof CURRENCIES;
export const currency = z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]);

/** Minor units as an integer in a string, so that no parser makes a float of it. At most 15 digits: no sum of them leaves int8. */
const MINOR = /^(0|[1-9][0-9]{0,14})$/;
const SIGNED_MINOR = /^(0|-?[1-9][0-9]{0,14})$/;

/** A sum of money, zero or more. */
export const money = z.strictObject({
  amount: z.string().regex(MINOR, 'minor units, an integer in a string'),
  currency,
});
export type Money = z.infer<typeof money>;

/** A sum of money above zero. */
export const positiveMoney = money.refine((m) => m.amount !== '0', { message: 'must be above zero', path: ['amount'] });

/** A balance or a posting: may be negative. */
export const signedMoney = z.strictObject({ amount: z.string().regex(SIGNED_MINOR), currency });

/** A name or a text in both languages of the platform. */
export const bilingual = z.strictObject({ ru: z.string().min(1).max(500), en: z.string().min(1).max(500) });
export type Bilingual = z.infer<typeof bilingual>;

/** Text that a person typed: trimmed, control characters (but line break and tab) and bidi overrides refused (T2, B6). */
export function text(min: number, max: number) {
  return z
    .string()
    .trim()
    .min(min)
    .max(max)
    .regex(
      /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/,
      'control characters are not allowed',
    );
}

export const wallClock = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time like 09:00');

/** Whether it is an IANA name, `Europe/Moscow`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const email = z.email().max(254).trim();
/** E.164. */
export const phone = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'a phone number like +79161234567');
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2');
/** Key of a dictionary entry (category, skill, style): `web-design`. */
export const slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(64);

/** Query of a list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(500).optional(),
};

/** A page of a list. `nextCursor` is null on the last one. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
