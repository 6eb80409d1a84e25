/** What must never be read in the audit log, by the name of its field. */
const SECRET_FIELD =
  /^(.*(password|secret|authorization|cookie|credential|privatekey|apikey|passphrase).*|token|.*token|otp|totp|cvv|cvc|pan|cardnumber|recoverycodes?)$/i;
/** JSON web tokens and passwords in addresses, wherever they stand. */
const SECRET_TEXT = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=:\/\/[^/\s:@]*:)[^@\s/]+(?=@)/g;
const MAX_TEXT = 2_000;
const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/** JSON value for the audit log: secrets replaced, long texts and deep structures cut. Undefined becomes null. */
export function redact(value: unknown, depth = 0): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return cleanText(value);
  if (value instanceof Date) return value.toISOString();
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  if (typeof value !== 'object') return null;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [
        cleanText(name),
        SECRET_FIELD.test(name.replace(/[_-]/g, '')) ? '[redacted]' : redact(item, depth + 1),
      ]),
  );
}

/** Text as PostgreSQL takes it (no NUL, no lone surrogates), without secrets, at most 2,000 characters. */
export function cleanText(text: string): string {
  const clean = text.replaceAll('\u0000', '').replace(SECRET_TEXT, '[redacted]');
  return (clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean).toWellFormed();
}

/** `m***@example.com`: enough to recognise an address by, kept for ever. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`;
}
