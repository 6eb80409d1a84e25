import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditFacts, canonical, createVerifier, GENESIS, hashEntry } from '../domain/chain.ts';
import { csvCell, csvLine } from '../domain/csv.ts';
import { maskEmail, redact } from '../domain/redact.ts';
import { inForce, planned, type SettingRow } from '../data/settings.ts';
import { shippedDictionary } from '../seed/seed.ts';

const KEY = 'test-key';
type Entry = AuditFacts & { hash: Buffer };

function chainOf(length: number): Entry[] {
  const entries: Entry[] = [];
  let previous: Buffer = GENESIS;
  for (let i = 1; i <= length; i++) {
    const facts: AuditFacts = {
      number: BigInt(i),
      entryId: `entry-${i}`,
      at: new Date(1_700_000_000_000 + i),
      actorId: 'actor',
      action: 'user.block',
      targetKind: 'user',
      targetId: `user-${i}`,
      outcome: 'done',
      code: null,
      before: { b: 1, a: [i] },
      after: null,
      reason: 'why',
      address: '127.0.0.1',
      requestId: null,
    };
    previous = hashEntry(KEY, previous, facts);
    entries.push({ ...facts, hash: previous });
  }
  return entries;
}

function verify(entries: readonly Entry[], head: { number: bigint; hash: Buffer }) {
  const verifier = createVerifier(KEY);
  entries.every((entry) => verifier.take(entry));
  verifier.end(head);
  return verifier.fault;
}

describe('the hash chain', () => {
  test('is intact as written, also with reordered keys', () => {
    const entries = chainOf(20).map((entry) => ({
      ...entry,
      before: { a: (entry.before as { a: number[] }).a, b: 1 },
    }));
    expect(verify(entries, entries.at(-1)!)).toBeUndefined();
  });

  test('any change of any field of any entry is found at that entry', () => {
    const fields = ['actorId', 'action', 'targetKind', 'targetId', 'code', 'before', 'reason', 'address'] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.constantFrom(...fields), (index, field) => {
        const entries = chainOf(10);
        const head = entries.at(-1)!;
        entries[index] = { ...entries[index]!, [field]: 'tampered' };
        expect(verify(entries, head)).toEqual({ number: BigInt(index + 1), kind: 'changed' });
      }),
    );
  });

  test('a removed entry, a cut end and a forged tail are found', () => {
    const entries = chainOf(10);
    const head = entries.at(-1)!;
    expect(verify(entries.toSpliced(4, 1), head)).toEqual({ number: 5n, kind: 'missing' });
    expect(verify(entries.slice(0, 8), head)).toEqual({ number: 9n, kind: 'cut' });
    expect(verify(entries, { number: 9n, hash: entries[8]!.hash })?.kind).toBe('changed');
  });

  test('one value has one spelling', () => {
    expect(canonical({ b: 1, a: { d: 2, c: [1, { f: 1, e: 2 }] } })).toBe('{"a":{"c":[1,{"e":2,"f":1}],"d":2},"b":1}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(canonical(value));
      }),
    );
  });
});

describe('redaction', () => {
  test('secrets never stay, whatever they are called', () => {
    const secret = 'hunter2-hunter2';
    const fields = [
      'password',
      'newPassword',
      'clientSecret',
      'accessToken',
      'token',
      'api_key',
      'Set-Cookie',
      'otp',
      'cvv',
    ];
    for (const field of fields) expect(JSON.stringify(redact({ deep: [{ [field]: secret }] }))).not.toContain(secret);
    expect(redact('Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln')).toBe('Bearer [redacted]');
    expect(redact('postgres://artel:pa55@db/artel')).toBe('postgres://artel:[redacted]@db/artel');
    expect(redact({ key: 'logo-design', code: 'x' })).toEqual({ key: 'logo-design', code: 'x' });
    expect(maskEmail('masha@example.com')).toBe('m***@example.com');
  });

  test('whatever comes in can be stored and read back unchanged', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
        const kept = redact(value);
        expect(canonical(JSON.parse(JSON.stringify(kept)))).toBe(canonical(kept));
        expect(JSON.stringify(kept)).not.toContain('\\u0000');
      }),
    );
  });
});

describe('CSV', () => {
  test('no cell is a formula', () => {
    fc.assert(
      fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r', ' ='), fc.string(), (start, rest) => {
        expect(
          csvCell(start + rest)
            .replace(/^"/, '')
            .startsWith("'"),
        ).toBe(true);
      }),
    );
    expect(csvLine(['a,b', 'say "no"', null, { x: 1 }])).toBe('"a,b","say ""no""",,"{""x"":1}"\r\n');
  });
});

describe('settings', () => {
  const row = (version: number, day: number): SettingRow => ({
    key: 'payments.placement-fee',
    version,
    value: version,
    actsFrom: new Date(Date.UTC(2026, 0, day)),
    actorId: null,
    reason: 'why',
    createdAt: new Date(0),
  });
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));

  test('a plan acts on its day although a later version acted before it', () => {
    const versions = [row(1, 1), row(2, 20), row(3, 10)];
    expect(inForce(versions, at(9))?.version).toBe(1);
    expect(inForce(versions, at(10))?.version).toBe(3);
    expect(inForce(versions, at(20))?.version).toBe(2);
    expect(planned(versions, at(5)).map((one) => one.version)).toEqual([3, 2]);
  });

  test('a plan is replaced by a newer one for the same moment', () => {
    const versions = [row(1, 1), row(2, 20), row(3, 20)];
    expect(inForce(versions, at(20))?.version).toBe(3);
    expect(planned(versions, at(5)).map((one) => one.version)).toEqual([3]);
  });
});

describe('what ships', () => {
  test('dictionaries have unique keys, both languages and known parents', () => {
    const categories = new Set(shippedDictionary('categories').map((entry) => entry.key));
    for (const name of ['categories', 'skills', 'styles', 'countries'] as const) {
      const entries = shippedDictionary(name);
      expect(new Set(entries.map((entry) => entry.key)).size).toBe(entries.length);
      for (const entry of entries) {
        expect(entry.title.ru.length).toBeGreaterThan(0);
        expect(entry.title.en.length).toBeGreaterThan(0);
        if (entry.parent !== null) expect(categories).toContain(entry.parent);
      }
    }
    expect(categories).toContain('logo-design');
    expect(shippedDictionary('countries').find((entry) => entry.key === 'RU')?.title).toEqual({
      ru: 'Россия',
      en: 'Russia',
    });
    expect(shippedDictionary('countries')).toHaveLength(249);
  });
});
