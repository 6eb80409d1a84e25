import { expect, test } from 'vitest';
import { hashToken, isId, newId, randomCode, randomToken } from '../ids.ts';

test('ids sort in the order in which they were made, many within one millisecond', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every(isId)).toBe(true);
  expect(ids[0]?.[14]).toBe('7');
  const ms = Number.parseInt((ids[0] as string).replace('-', '').slice(0, 12), 16);
  expect(Math.abs(Date.now() - ms)).toBeLessThan(60_000);
});

test.each([
  '',
  'x',
  'not-a-uuid',
  newId().toUpperCase(),
  `${newId()} `,
  `${newId()}\n`,
  `{${newId()}}`,
  '0'.repeat(36),
  7,
  null,
  undefined,
])('%j is no id', (value) => {
  expect(isId(value)).toBe(false);
});

test('an id of another version is one', () => {
  expect(isId(crypto.randomUUID())).toBe(true);
});

test('tokens are long, fit into an address and do not repeat', () => {
  const tokens = Array.from({ length: 1_000 }, () => randomToken());
  expect(new Set(tokens).size).toBe(1_000);
  for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(randomToken(16), 'base64url')).toHaveLength(16);
  expect(() => randomToken(8)).toThrow(RangeError);
});

test('codes keep their length and every digit is as likely', () => {
  const codes = Array.from({ length: 10_000 }, () => randomCode(6));
  for (const code of codes) expect(code).toMatch(/^\d{6}$/);
  const first = Array.from({ length: 10 }, (_, digit) => codes.filter((code) => code.startsWith(String(digit))).length);
  // 1,000 of each expected, standard deviation 30: eight of them away is no chance.
  for (const count of first) expect(Math.abs(count - 1_000)).toBeLessThan(240);
  expect(randomCode(14)).toMatch(/^\d{14}$/);
  for (const digits of [0, 15, 1.5, -1]) expect(() => randomCode(digits)).toThrow(RangeError);
});

test('a token is kept as its SHA-256', () => {
  expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
