import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONSENT_OF, CURRENT_TEXTS, LEGAL_DOCUMENTS } from '#contracts/common/legal-texts.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { legalText, VERSIONS } from '../legal/texts.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({
    services: ['gateway', 'auth', 'roles'],
    env: { OPERATOR_NAME: 'ООО «Верное дело»', OPERATOR_ADDRESS: 'г. Тула, ул. Мира, 1' },
  });
});
afterAll(() => platform?.close());

async function read(path: string, language = 'ru') {
  const answer = await fetch(`${platform.url}/api/v1/legal-texts/${path}`, {
    headers: { 'accept-language': language },
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as an outsider would
  return { status: answer.status, body: (await answer.json()) as any };
}

test('A1, 152-FZ: what who joins agrees to is read without signing in, in both languages, by the operator’s name', async () => {
  for (const document of LEGAL_DOCUMENTS)
    for (const language of ['ru', 'en']) {
      const { status, body } = await read(document, language);
      expect([status, body.version, body.current]).toEqual([200, CURRENT_TEXTS[CONSENT_OF[document]], true]);
      const words = JSON.stringify(body);
      expect(words, document).toContain('ООО «Верное дело»');
      expect(words, document).not.toContain('{{');
      expect(/[а-я]{4}/i.test(body.title), document).toBe(language === 'ru');
      // The version that was agreed to stays the answer when it is asked for by name.
      expect((await read(`${document}?version=${body.version}`, language)).body).toEqual(body);
    }
  expect((await read('terms?version=1999-01')).status).toBe(404);
  expect((await read('terms?version=__proto__')).status).toBe(404);
  expect((await read('nothing')).status).toBe(404);
});

test('an operator who gave no name is not invented', () => {
  const operator = { name: undefined, address: undefined, contact: undefined };
  const of = { version: undefined, operator, site: 'https://artel.test' };
  expect(JSON.stringify(legalText('privacy', { ...of, locale: 'ru' }))).toContain('имя он ещё не указал');
  expect(JSON.stringify(legalText('privacy', { ...of, locale: 'en' }))).toContain('has not given a name yet');
});

/** A text that people have agreed to is not edited: whoever changes one makes a new version, and adds its line here. */
const PUBLISHED = {
  '2026-01': '5ece7376d7fb7e73',
};
test('a published version does not change, and the versions in force are published', () => {
  const digests = Object.entries(VERSIONS).map(([version, texts]) => [
    version,
    createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16),
  ]);
  expect(Object.fromEntries(digests)).toEqual(PUBLISHED);
  for (const version of Object.values(CURRENT_TEXTS)) expect(Object.keys(VERSIONS)).toContain(version);
  for (const texts of Object.values(VERSIONS))
    for (const document of LEGAL_DOCUMENTS) {
      const shape = (language: 'ru' | 'en') =>
        texts[language][document].sections.map(({ paragraphs }) => paragraphs.length);
      expect(shape('ru'), document).toEqual(shape('en'));
    }
});
