import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  checkConfigs,
  ConfigError,
  type ConfigOf,
  configTable,
  defineConfig,
  describeConfig,
  envExample,
  readConfig,
  type Setting,
  setting,
} from '../config.ts';

const describeIt = 'What it does.';
const declaration = defineConfig({
  NAME: setting.string({ default: 'artel', describe: 'Name.', ru: 'Имя.' }),
  PORT: setting.int({ default: 8080, min: 1, max: 65_535, describe: 'Port.' }),
  DEMO: setting.bool({ default: false, describe: 'Demo data.' }),
  PUBLIC_URL: setting.url({ protocols: ['http', 'https'], describe: 'Public address.' }),
  TOKEN_TTL: setting.duration({ default: '15m', min: '1m', max: '1d', describe: 'Life of a token.' }),
  MODE: setting.enum(['auto', 'on', 'off'], { default: 'auto', describe: 'A | B.' }),
  RATIO: setting.number({ default: 0.5, min: 0, max: 1, describe: 'Share.' }),
  ORIGINS: setting.list({ default: [], describe: 'Origins.' }),
  API_KEY: setting.secret({ describe: 'Key of the provider.' }),
  DATABASE_URL: setting.maybe(
    setting.url({ secret: true, protocols: ['postgres', 'postgresql'], describe: 'Database.' }),
  ),
  PAGE: setting.int({ default: 20, describe: 'Page.', check: (n) => (n % 2 === 0 ? undefined : 'must be even') }),
});
const enough = { PUBLIC_URL: 'https://artel.example/', API_KEY: 'k' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'artel-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function faults(
  env: Record<string, string | undefined>,
  of: Parameters<typeof readConfig>[0] = declaration,
): readonly string[] {
  try {
    readConfig(of, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).exitCode).toBe(78);
    return (error as ConfigError).lines;
  }
  return [];
}

const one = (made: Setting<unknown>, text: string) => readConfig({ X: made }, { X: text }).X;

describe('reading', () => {
  test('defaults, and types that the declaration gives', () => {
    const config = readConfig(declaration, enough);
    expect(config).toEqual({
      NAME: 'artel',
      PORT: 8080,
      DEMO: false,
      PUBLIC_URL: 'https://artel.example',
      TOKEN_TTL: 900_000,
      MODE: 'auto',
      RATIO: 0.5,
      ORIGINS: [],
      API_KEY: 'k',
      DATABASE_URL: undefined,
      PAGE: 20,
    });
    expectTypeOf<ConfigOf<typeof declaration>['MODE']>().toEqualTypeOf<'auto' | 'on' | 'off'>();
    expectTypeOf(config.DATABASE_URL).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.PORT).toEqualTypeOf<number>();
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
  });

  test('values given', () => {
    const config = readConfig(declaration, {
      ...enough,
      PORT: ' 9000 ',
      DEMO: 'Yes',
      TOKEN_TTL: '2h',
      MODE: 'off',
      RATIO: '.25',
      ORIGINS: 'https://a, ,https://b',
      DATABASE_URL: 'postgres://u:p@h/db',
    });
    expect(config).toMatchObject({
      PORT: 9000,
      DEMO: true,
      TOKEN_TTL: 7_200_000,
      MODE: 'off',
      RATIO: 0.25,
      ORIGINS: ['https://a', 'https://b'],
    });
    expect(config.DATABASE_URL).toBe('postgres://u:p@h/db');
  });

  test('an empty variable counts as absent', () => {
    expect(readConfig(declaration, { ...enough, PORT: '', MODE: ' ', DATABASE_URL: '' })).toMatchObject({
      PORT: 8080,
      MODE: 'auto',
      DATABASE_URL: undefined,
    });
    expect(faults({ ...enough, API_KEY: '' })).toEqual(['API_KEY is missing: Key of the provider.']);
  });

  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
  ])('a duration of %s is %d ms', (text, ms) => {
    expect(one(setting.duration({ describe: describeIt }), text)).toBe(ms);
  });
});

describe('faults', () => {
  test('all are told at once, a line each that names the variable and what is wrong', () => {
    expect(
      faults({
        PORT: '99999',
        DEMO: 'maybe',
        PUBLIC_URL: 'ftp://x',
        TOKEN_TTL: '5',
        MODE: 'of',
        RATIO: '2',
        PAGE: '3',
      }),
    ).toEqual([
      'PORT must be from 1 to 65535, not "99999"',
      'DEMO must be true or false, not "maybe"',
      'PUBLIC_URL must begin with http:// or https://',
      'TOKEN_TTL must be a duration such as 500ms, 30s, 15m, 24h, 30d, not "5"',
      'MODE must be one of auto, on, off, not "of"',
      'RATIO must be from 0 to 1, not "2"',
      'API_KEY is missing: Key of the provider.',
      'PAGE must be even, not "3"',
    ]);
  });

  test.each(['1.5', '1e3', '0x10', 'NaN', 'Infinity', '9007199254740993', '١', '1 2'])(
    '%s is no whole number',
    (text) => {
      expect(() => one(setting.int({ describe: describeIt }), text)).toThrow(/^X must be a whole number, not /);
    },
  );

  test('durations keep their limits', () => {
    expect(faults({ ...enough, TOKEN_TTL: '30s' })).toEqual(['TOKEN_TTL must be from 1m to 1d, not "30s"']);
  });

  test('a line is one line, whatever was entered, and not a long one', () => {
    const [line] = faults({ ...enough, MODE: `a\n\u001b[2J${'x'.repeat(500)}` });
    expect(line).not.toMatch(/\p{Cc}/u);
    expect((line as string).length).toBeLessThan(150);
  });

  test('secrets are not repeated', () => {
    const of = {
      DATABASE_URL: setting.url({ secret: true, protocols: ['postgres'], describe: 'Database.' }),
      KEY: setting.secret({
        describe: 'Key.',
        check: (text) => (text.length < 32 ? 'must have 32 characters or more' : undefined),
      }),
      PLAIN: setting.url({ describe: 'Any.' }),
    };
    const lines = faults({ DATABASE_URL: 'mysql://u:canary-1@h', KEY: 'canary-2', PLAIN: 'canary-3' }, of);
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain('canary');
    expect(lines[1]).toBe('KEY must have 32 characters or more');
  });

  test('several services’ faults come together, each once', () => {
    const shared = setting.int({ describe: 'Shared.' });
    const check = () =>
      checkConfigs(
        [
          { A: shared, B: shared },
          { B: shared, C: shared },
        ],
        { A: '1' },
      );
    expect(check).toThrow(new ConfigError(['B is missing: Shared.', 'C is missing: Shared.']));
    expect(() => checkConfigs([declaration], enough)).not.toThrow();
  });

  test('a default that its own setting refuses is found when it is declared', () => {
    expect(() => setting.int({ default: 0, min: 1, describe: 'Port.' })).toThrow('default of "Port."');
    expect(() => setting.duration({ default: '1 hour', describe: 'Life.' })).toThrow('must be a duration');
  });
});

describe('secrets from files', () => {
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const of = {
    KEY: setting.secret({ describe: 'Key.' }),
    OTHER: setting.maybe(setting.url({ secret: true, describe: 'Other.' })),
  };

  test('the newline at the end does not count, spaces do', () => {
    const env = { KEY_FILE: file('a', ' line one\nline two \r\n\n'), OTHER_FILE: file('b', 'postgres://h\n') };
    expect(readConfig(of, env)).toEqual({ KEY: ' line one\nline two ', OTHER: 'postgres://h' });
    expect(readConfig(of, { KEY: '', KEY_FILE: file('c', 'x') }).KEY).toBe('x');
  });

  test('a file that is absent or empty, or a secret given twice, is a fault', () => {
    const absent = join(folder, 'absent');
    expect(faults({ KEY_FILE: absent }, of)).toEqual([
      `KEY can't be read from the file that KEY_FILE names: ENOENT ${absent}`,
    ]);
    expect(faults({ KEY_FILE: file('d', '\n') }, of)).toEqual(['KEY is empty in the file that KEY_FILE names']);
    expect(faults({ KEY: 'a', KEY_FILE: file('e', 'b') }, of)).toEqual(['KEY is given twice: unset it or KEY_FILE']);
  });

  test('only secrets come from files', () => {
    expect(readConfig({ NAME: declaration.NAME }, { NAME_FILE: file('f', 'x') }).NAME).toBe('artel');
  });
});

describe('documentation', () => {
  const groups = [{ title: 'Platform', declaration }];

  test('rows hold every setting, and no default of a secret', () => {
    const rows = describeConfig({ ...declaration, S: setting.secret({ default: 'canary', describe: 'S.' }) });
    expect(rows.map((row) => row.name)).toEqual([...Object.keys(declaration), 'S']);
    expect(rows.find((row) => row.name === 'TOKEN_TTL')).toMatchObject({
      defaultText: '15m',
      kind: 'duration',
      required: false,
    });
    expect(rows.find((row) => row.name === 'API_KEY')).toMatchObject({ required: true, secret: true });
    expect(JSON.stringify(rows)).not.toContain('canary');
  });

  test('the example file sets nothing and tells everything', () => {
    const text = envExample(groups);
    expect(text.split('\n').every((line) => line === '' || line.startsWith('#'))).toBe(true);
    expect(text).toContain('# Port. (integer)\n# PORT=8080\n');
    expect(text).toContain('# Key of the provider. (secret, required, or API_KEY_FILE)\n# API_KEY=\n');
  });

  test('the table has a row for each, in both languages, and its cells hold', () => {
    const table = configTable(groups);
    expect(table).toContain('### Platform\n\n| variable | type | default | meaning |\n|---|---|---|---|\n');
    expect(table).toContain('| `MODE` | auto \\| on \\| off | `auto` | A \\| B. |');
    expect(table).toContain('| `API_KEY` | secret | required | Key of the provider. |');
    const russian = configTable(groups, 'ru');
    expect(russian).toContain('| `NAME` | text | `artel` | Имя. |');
    expect(russian).toContain('| `API_KEY` | secret | обязательна | Key of the provider. |');
    for (const line of table.split('\n').filter((row) => row.startsWith('|')))
      expect(line.replaceAll('\\|', '').split('|')).toHaveLength(6);
  });
});
