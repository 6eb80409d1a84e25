/** What may stand in a log: no secrets, no more than a person reads, no structure that can not be written. */

const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT = 8_000;
export const CENSORED = '[secret]';

const SECRET_PART =
  /password|passphrase|secret|token|authorization|cookie|apikey|privatekey|credential|recoverycode|jwt/;
const SECRET_NAME = new Set([
  'code',
  'codes',
  'otp',
  'totp',
  'pin',
  'cvc',
  'cvv',
  'pan',
  'dsn',
  'databaseurl',
  'amqpurl',
]);

const verdicts = new Map<string, boolean>();
/** However the name is spelled: `refreshToken`, `refresh_token`, `Refresh-Token`. */
function isSecret(name: string): boolean {
  let verdict = verdicts.get(name);
  if (verdict === undefined) {
    const plain = name.toLowerCase().replace(/[^a-z]/g, '');
    verdict = SECRET_PART.test(plain) || SECRET_NAME.has(plain);
    if (verdicts.size < 5_000) verdicts.set(name, verdict);
  }
  return verdict;
}

/** A copy of the fields of a log line. A `code` is taken for a one-time code; write an error's as `err` or `errorCode`. */
export function cleanFields(fields: Record<string, unknown>): Record<string, unknown> {
  return cleanEntries(Object.entries(fields), MAX_DEPTH);
}

function cleanEntries(entries: Iterable<[string, unknown]>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  let left = MAX_ITEMS;
  for (const [name, value] of entries) {
    if (left-- === 0) {
      clean['…'] = 'more';
      break;
    }
    const harmless = value === undefined || value === null || typeof value === 'boolean';
    const shown = harmless ? value : isSecret(name) ? CENSORED : cleanValue(value, depth - 1);
    // Assigned, it would be the prototype.
    if (name === '__proto__')
      Object.defineProperty(clean, name, { value: shown, enumerable: true, configurable: true, writable: true });
    else clean[name] = shown;
  }
  return clean;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return short(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof URL) return short(value.href);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (depth <= 0) return '…';
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Map)
    return cleanEntries(
      [...value].map(([name, one]) => [String(name), one]),
      depth,
    );
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value];
    const clean = items.slice(0, MAX_ITEMS).map((one) => cleanValue(one, depth - 1));
    return items.length > MAX_ITEMS ? [...clean, `… ${items.length - MAX_ITEMS} more`] : clean;
  }
  return cleanEntries(Object.entries(value), depth);
}

/** Of an error's own properties only these: others (a row that a constraint refused, say) hold what people entered. */
const ERROR_PROPERTIES = [
  'code',
  'status',
  'retryAfter',
  'syscall',
  'address',
  'port',
  'path',
  'schema',
  'table',
  'constraint',
] as const;

function cleanError(error: Error, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = { type: error.name, message: short(error.message) };
  for (const name of ERROR_PROPERTIES) {
    const value = (error as unknown as Record<string, unknown>)[name];
    if (typeof value === 'string') clean[name] = short(value);
    else if (typeof value === 'number') clean[name] = value;
  }
  clean['stack'] = short(error.stack ?? '');
  if (error instanceof AggregateError)
    clean['errors'] = error.errors.slice(0, 3).map((one) => cleanValue(one, depth - 1));
  if (error.cause !== undefined) clean['cause'] = cleanValue(error.cause, depth - 1);
  return clean;
}

function short(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

const SECRET_TEXT =
  /(\b(?:Bearer|Basic) )[\w.~+/=-]{8,}|(:\/\/[^\s/:@"\\]*:)[^\s/@"\\]+(?=@)|()\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|([?&](?:[a-z_]*token|code|secret|password|signature|sig|key)=)[^&\s"\\#]+/gi;

/** Secrets inside of texts: credentials of headers and addresses, tokens in queries, JWTs. For a whole line at once. */
export function scrub(line: string): string {
  return line.replace(
    SECRET_TEXT,
    (_all, scheme?: string, user?: string, _jwt?: string, query?: string) =>
      `${scheme ?? user ?? query ?? ''}${CENSORED}`,
  );
}
