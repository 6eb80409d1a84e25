import { readFileSync } from 'node:fs';

type Env = Readonly<Record<string, string | undefined>>;

/** One environment variable: type, default, and a sentence about it. */
export interface Setting<T> {
  readonly kind: string;
  readonly describe: string;
  /** The sentence in Russian, for its table. */
  readonly ru: string | undefined;
  /** As text, for the documentation; undefined: none. */
  readonly defaultText: string | undefined;
  readonly required: boolean;
  readonly secret: boolean;
  /** Throws an Error whose message says what is wrong with the value, and does not repeat a secret. */
  parse(text: string): T;
  readonly fallback: T;
}

// biome-ignore lint/suspicious/noExplicitAny: settings of any type
export type ConfigDeclaration = Readonly<Record<string, Setting<any>>>;
export type ConfigOf<D extends ConfigDeclaration> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never;
};

/** Bad or missing settings: one line each. The process ends with exit code 78 (EX_CONFIG). */
export class ConfigError extends Error {
  readonly exitCode = 78;
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
    this.lines = lines;
  }
}

interface Common<T> {
  /** A sentence: what it does, what absence means. */
  describe: string;
  /** The same in Russian. */
  ru?: string;
  default?: T;
  /** Says what is wrong with a value that has the right type (`must be even`); undefined: nothing. The default must pass. */
  check?(value: T): string | undefined;
}

interface Kind<T> {
  name: string;
  parse(text: string): T;
  write?(value: T): string;
  secret?: boolean;
  /** The value may be repeated in a message about it. */
  shown?: boolean;
}

function make<T>(kind: Kind<T>, options: Common<T>): Setting<T> {
  const fallback = options.default as T;
  const parse = (text: string): T => {
    try {
      const value = kind.parse(text);
      const wrong = options.check?.(value);
      if (wrong !== undefined) throw new Error(wrong);
      return value;
    } catch (error) {
      const seen = kind.shown ? `, not "${text.length > 60 ? `${text.slice(0, 60)}…` : text}"` : '';
      throw new Error(`${(error as Error).message}${seen}`);
    }
  };
  const defaultText = fallback === undefined ? undefined : (kind.write ?? String)(fallback);
  // A default that its own setting would refuse is a slip in the declaration; found when the module loads.
  if (defaultText !== undefined && defaultText !== '') {
    try {
      parse(defaultText);
    } catch (error) {
      throw new Error(`default of "${options.describe}": ${(error as Error).message}`);
    }
  }
  return {
    kind: kind.name,
    describe: options.describe,
    ru: options.ru,
    defaultText,
    required: fallback === undefined,
    secret: kind.secret ?? false,
    parse,
    fallback,
  };
}

function maybe<T>(one: Setting<T>): Setting<T | undefined> {
  return { ...one, required: false };
}

interface Range {
  /** Least and greatest value allowed. */
  min?: number;
  max?: number;
}

function number(text: string, whole: boolean, range: Range): number {
  const pattern = whole ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)$/;
  const value = Number(text);
  if (!pattern.test(text) || (whole && !Number.isSafeInteger(value))) {
    throw new Error(`must be a ${whole ? 'whole ' : ''}number`);
  }
  return inRange(value, range, String);
}

function inRange(value: number, { min, max }: Range, write: (value: number) => string): number {
  if (min !== undefined && max !== undefined && (value < min || value > max)) {
    throw new Error(`must be from ${write(min)} to ${write(max)}`);
  }
  if (min !== undefined && value < min) throw new Error(`must be ${write(min)} or more`);
  if (max !== undefined && value > max) throw new Error(`must be ${write(max)} or less`);
  return value;
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

function duration(text: string): number {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new Error('must be a duration such as 500ms, 30s, 15m, 24h, 30d');
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

function writeDuration(ms: number): string {
  const unit = (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((name) => ms % UNITS[name] === 0 && ms > 0) ?? 'ms';
  return `${ms / UNITS[unit]}${unit}`;
}

function url(text: string, protocols: readonly string[] | undefined): string {
  const wanted = protocols?.map((protocol) => `${protocol}://`).join(' or ');
  if (!URL.canParse(text)) throw new Error(`must be a URL${wanted ? ` that begins with ${wanted}` : ''}`);
  if (protocols && !protocols.includes(new URL(text).protocol.slice(0, -1)))
    throw new Error(`must begin with ${wanted}`);
  return text.replace(/\/$/, '');
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

type Sentence = { describe: string; ru?: string };
type DurationOptions = Sentence & { default?: string; min?: string; max?: string };

/** The kinds of settings. Without a default a setting is required; `maybe` makes it undefined when absent. */
export const setting = {
  string: (options: Common<string>): Setting<string> => make({ name: 'text', parse: (text) => text }, options),
  /** A text that may be absent. */
  optional: (options: Common<string>): Setting<string | undefined> => maybe(setting.string(options)),
  /** Never shown; also read from the file that `NAME_FILE` names. */
  secret: (options: Common<string>): Setting<string> =>
    make({ name: 'secret', parse: (text) => text, secret: true }, options),
  optionalSecret: (options: Common<string>): Setting<string | undefined> => maybe(setting.secret(options)),
  int: (options: Common<number> & Range): Setting<number> =>
    make({ name: 'integer', parse: (text) => number(text, true, options), shown: true }, options),
  number: (options: Common<number> & Range): Setting<number> =>
    make({ name: 'number', parse: (text) => number(text, false, options), shown: true }, options),
  bool: (options: Common<boolean>): Setting<boolean> =>
    make({ name: 'true or false', parse: bool, shown: true }, options),
  /** Kept without a slash at its end. `secret`: it may hold a password, so it is never shown and may come from a file. */
  url: (options: Common<string> & { protocols?: readonly string[]; secret?: boolean }): Setting<string> =>
    make({ name: 'URL', parse: (text) => url(text, options.protocols), secret: options.secret }, options),
  /** Milliseconds inside; written as `15m`, `30d`, `500ms`. */
  duration: ({ default: fallback, min, max, ...sentence }: DurationOptions): Setting<number> => {
    const range = { min: min && duration(min), max: max && duration(max) } as Range;
    const parse = (text: string) => inRange(duration(text), range, writeDuration);
    return make(
      { name: 'duration', parse, write: () => fallback as string, shown: true },
      {
        ...sentence,
        default: fallback === undefined ? undefined : duration(fallback),
      },
    );
  },
  enum: <const T extends string>(values: readonly T[], options: Common<T>): Setting<T> =>
    make({ name: values.join(' | '), parse: (text) => oneOf(text, values), shown: true }, options),
  /** Comma-separated; spaces around the entries and empty ones do not count. */
  list: (options: Common<readonly string[]>): Setting<readonly string[]> =>
    make({ name: 'list', parse: list, write: (entries) => entries.join(',') }, options),
  maybe,
} as const;

function bool(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new Error('must be true or false');
}

function oneOf<const T extends string>(text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
  return found;
}

export function defineConfig<const D extends ConfigDeclaration>(declaration: D): D {
  return declaration;
}

/**
 * Reads the settings; secrets also from the file that `NAME_FILE` names. An empty variable counts as absent. Throws
 * `ConfigError` with every fault at once.
 */
export function readConfig<D extends ConfigDeclaration>(declaration: D, env: Env): ConfigOf<D> {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(declaration)) {
    try {
      const text = textOf(name, one, env);
      if (text === undefined && one.required) throw new Error(`is missing: ${one.describe}`);
      config[name] = text === undefined ? one.fallback : one.parse(text);
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`.replace(/\p{Cc}+/gu, ' '));
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config) as ConfigOf<D>;
}

/** Throws one `ConfigError` with the faults of all declarations, each once: before services start one after the other. */
export function checkConfigs(declarations: readonly ConfigDeclaration[], env: Env): void {
  const faults = new Set<string>();
  for (const declaration of declarations) {
    try {
      readConfig(declaration, env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const line of error.lines) faults.add(line);
    }
  }
  if (faults.size > 0) throw new ConfigError([...faults]);
}

function textOf(name: string, one: Setting<unknown>, env: Env): string | undefined {
  const direct = one.secret ? env[name] : env[name]?.trim();
  const file = one.secret ? env[`${name}_FILE`] : undefined;
  if (!file) return direct || undefined;
  if (direct) throw new Error(`is given twice: unset it or ${name}_FILE`);
  const text = readSecret(name, file);
  if (text === '') throw new Error(`is empty in the file that ${name}_FILE names`);
  return text;
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`can't be read from the file that ${name}_FILE names: ${code ?? message} ${file}`);
  }
}

export interface ConfigGroup {
  readonly title: string;
  readonly declaration: ConfigDeclaration;
}

/** What the documentation tells about a setting. */
export interface ConfigRow {
  readonly name: string;
  readonly kind: string;
  readonly describe: string;
  readonly ru: string | undefined;
  /** Undefined: none, or a secret. */
  readonly defaultText: string | undefined;
  readonly required: boolean;
  /** Also read from `NAME_FILE`. */
  readonly secret: boolean;
}

/** In the order of the declaration. */
export function describeConfig(declaration: ConfigDeclaration): ConfigRow[] {
  return Object.entries(declaration).map(([name, { kind, describe, ru, defaultText, required, secret }]) => ({
    name,
    kind,
    describe,
    ru,
    defaultText: secret ? undefined : defaultText || undefined,
    required,
    secret,
  }));
}

/** Text of `.env.example`: all commented out, each with its sentence. */
export function envExample(groups: readonly ConfigGroup[]): string {
  return groups
    .map(({ title, declaration }) => `# ${title}\n\n${describeConfig(declaration).map(envLines).join('\n\n')}\n`)
    .join('\n');
}

function envLines({ name, kind, describe, defaultText, required, secret }: ConfigRow): string {
  const value = defaultText ?? '';
  const quoted = /[\s#'"\\$`]/.test(value) ? `'${value.replaceAll("'", "'\\''")}'` : value;
  const traits = [kind, ...(required ? ['required'] : []), ...(secret ? [`or ${name}_FILE`] : [])];
  return `# ${describe.replace(/\s+/g, ' ')} (${traits.join(', ')})\n# ${name}=${quoted}`;
}

const HEADS = {
  en: { head: '| variable | type | default | meaning |', required: 'required' },
  ru: { head: '| переменная | тип | по умолчанию | значение |', required: 'обязательна' },
} as const;

/** Markdown tables for the README. A sentence that has no Russian stands in English. */
export function configTable(groups: readonly ConfigGroup[], language: 'en' | 'ru' = 'en'): string {
  const { head, required } = HEADS[language];
  const row = (one: ConfigRow) => {
    const fallback = one.required ? required : one.defaultText === undefined ? '' : `\`${one.defaultText}\``;
    const meaning = (language === 'ru' && one.ru) || one.describe;
    return `| ${[`\`${one.name}\``, one.kind, fallback, meaning].map(cell).join(' | ')} |`;
  };
  return groups
    .map(({ title, declaration }) => {
      const rows = describeConfig(declaration).map(row).join('\n');
      return `### ${title}\n\n${head}\n|---|---|---|---|\n${rows}\n`;
    })
    .join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
