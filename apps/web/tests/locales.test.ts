import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CALL_ERRORS } from '#contracts/notifications/webhooks.ts';
import { ORDER_STATUSES, RESPONSE_STATUSES } from '#contracts/orders/process-types.ts';
import { TRANSACTION_KINDS } from '#contracts/payments/events.ts';
import { TICKET_STATUSES } from '#contracts/support/internal.ts';
import { DELETION_GROUNDS } from '#contracts/support/internal.ts';
import { TICKET_KINDS } from '#contracts/support/views.ts';
import { en } from '../src/locales/en.ts';
import { ru } from '../src/locales/ru.ts';

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url));
/** A key without the plural form: Russian has more forms than English. */
const stem = (key: string) => key.replace(/_(one|few|many|other)$/, '');
const stems = (words: object) => [...new Set(Object.keys(words).map(stem))].sort();
const variables = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).sort();

test('both languages have the same keys and variables, and no empty words', () => {
  expect(stems(ru)).toEqual(stems(en));
  for (const [key, text] of Object.entries(en)) {
    expect(text.trim(), key).not.toBe('');
    expect(variables((ru as Record<string, string>)[key] ?? ''), key).toEqual(variables(text));
  }
});

test('no key stands in two files of a language: one would silently win', async () => {
  for (const language of ['en', 'ru']) {
    const folder = join(SOURCE, 'locales', language);
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const file of await readdir(folder))
      for (const [, key = ''] of (await readFile(join(folder, file), 'utf8')).matchAll(/^ {2}'([^']+)':/gm)) {
        if (seen.has(key)) twice.push(`${language}: ${key} in ${seen.get(key)} and ${file}`);
        seen.set(key, file);
      }
    expect(twice).toEqual([]);
    expect(seen.size).toBeGreaterThan(200);
  }
});

test('every key that the source names has words, and all words are used', async () => {
  const files = (await readdir(SOURCE, { recursive: true })).filter(
    (name) => /\.tsx?$/.test(name) && !name.startsWith('locales'),
  );
  const source = (await Promise.all(files.map((name) => readFile(join(SOURCE, name), 'utf8')))).join('\n');
  const known = new Set(stems(ru));
  const literal = [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((found) => found[1] ?? '');
  expect(literal.length).toBeGreaterThan(200);
  expect(literal.filter((key) => !known.has(key))).toEqual([]);
  const prefixes = new Set([...source.matchAll(/\bt\(\s*`([\w.]+\.)\$/g)].map((found) => found[1] ?? ''));
  for (const found of source.matchAll(/(?:kind|words)="(\w+)"/g)) prefixes.add(`${found[1]}.`);
  const unused = [...known].filter(
    (key) => !source.includes(`'${key}'`) && ![...prefixes].some((prefix) => key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

test('every value of a list in the contracts has words', () => {
  const lists = {
    orderStatus: ORDER_STATUSES,
    responseStatus: RESPONSE_STATUSES,
    kind: TRANSACTION_KINDS,
    ticketStatus: TICKET_STATUSES,
    ticketKind: TICKET_KINDS,
    ground: DELETION_GROUNDS,
    callError: CALL_ERRORS,
  };
  for (const [prefix, values] of Object.entries(lists))
    for (const value of values) expect(ru, `${prefix}.${value}`).toHaveProperty([`${prefix}.${value}`]);
});
