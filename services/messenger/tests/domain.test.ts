import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ORDER_STATUSES } from '#contracts/orders/process-types.ts';
import { readOnlyReason } from '../domain/access.ts';
import { attachmentDisposition, harmlessFileName } from '../domain/file-name.ts';
import { makeLink, readLink } from '../domain/link.ts';
import { stepText } from '../domain/steps.ts';

test('T2: whatever a file is called, its name is harmless and its header one line of ASCII', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '../../etc/passwd',
      'C:\\x\\y.txt',
      'a\u0000b',
      'отчёт\u202efdp.exe',
      '"; x="',
      '...',
      '',
      '.ssh',
      'a\r\nX: y',
    ),
  );
  fc.assert(
    fc.property(nasty, (given) => {
      const name = harmlessFileName(given);
      expect(name).not.toMatch(/[/\\"<>|:*?\p{Cc}\p{Cf}]|^\.|\.$|^$/u);
      expect([...name].length).toBeLessThanOrEqual(120);
      expect(harmlessFileName(name)).toBe(name);
      expect(attachmentDisposition(given)).toMatch(
        /^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w.%~-]+$/,
      );
    }),
    { numRuns: 500 },
  );
  expect(harmlessFileName('/tmp/Отчёт за май.pdf')).toBe('Отчёт за май.pdf');
  expect(harmlessFileName(`${'я'.repeat(300)}.docx`)).toMatch(/^я{115}\.docx$/);
});

test('T4: a link says what it was made for, until its time; any change breaks it', () => {
  const link = {
    attachmentId: '01980000-0000-7000-8000-000000000001',
    userId: '01980000-0000-7000-8000-000000000002',
    preview: false,
    expiresAt: 1_800_000_000,
  };
  const token = makeLink('key', link);
  expect(readLink('key', token, 1_799_999_999_000)).toEqual(link);
  expect(readLink('key', token, 1_800_000_000_000)).toBeUndefined();
  expect(readLink('other', token, 0)).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      fc.pre(changed !== token);
      expect(readLink('key', changed, 0)).toBeUndefined();
    }),
  );
});

test('a conversation closes at a bad end for all, at a good one for those who were not chosen, at an erasure for ever', () => {
  const closed = (chosenFreelancerId: string | null, erased = false) =>
    ORDER_STATUSES.filter(
      (status) => readOnlyReason({ status, chosenFreelancerId, freelancerId: 'f', erased }) !== null,
    );
  expect(closed('f')).toEqual(['cancelled', 'expired', 'split']);
  expect(closed(null)).toEqual(['cancelled', 'expired', 'split']);
  expect(closed('other')).toEqual(['completed', 'cancelled', 'expired', 'split']);
  expect(closed('f', true)).toEqual([...ORDER_STATUSES]);
});

test('every step has words in both languages', () => {
  for (const to of ORDER_STATUSES) {
    const step = { action: 'x', from: null, to, actorId: null, actorKind: 'system' as const, reason: null };
    expect(stepText(step, 'ru')).toMatch(/[а-я]/);
    expect(stepText(step, 'en')).toMatch(/^[A-Z][a-z ]/);
  }
});
