/** P1: an archive is written as it is put together; what it holds never lies whole in memory. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { unzipSync } from 'fflate';
import { afterEach, expect, test } from 'vitest';
import { zipOf } from '#kit/export/zip.ts';
import { diskFiles } from '#kit/files/disk.ts';
import { type ArchiveSource, archiveEntries } from '../archive.ts';

const MIB = 1024 * 1024;
let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function write(source: Partial<ArchiveSource>): Promise<{ size: number; path: string }> {
  folder = mkdtempSync(join(tmpdir(), 'artel-archive-'));
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch);
  const whole: ArchiveSource = {
    at: '2026-11-27T10:00:00.000Z',
    locale: 'ru',
    services: ['messenger', 'orders'],
    async *pages() {},
    file: async () => undefined,
    room: 10_000 * MIB,
    ...source,
  };
  const archive = Readable.from(zipOf(archiveEntries(whole, scratch)));
  const size = await diskFiles(join(folder, 'files')).putStream('a.zip', archive, 'application/zip');
  return { size, path: join(folder, 'files', 'a.zip') };
}

const title = { ru: 'Сообщения', en: 'Messages' };

test('rows of many pages are one list for machines and one table for people; files that do not fit are named', async () => {
  const { size, path } = await write({
    services: ['messenger'],
    async *pages() {
      for (const [page, texts] of [['раз', '<b>два</b>'], ['три']].entries())
        yield {
          sections: [
            { name: 'messages', title, rows: texts.map((text) => ({ text, page })) },
            { name: 'reactions', title: { ru: 'Реакции', en: 'Reactions' }, rows: [] },
          ],
          files: [{ fileId: `f${page}`, fileName: `файл ${page}.txt` }],
        };
    },
    file: async (_service, fileId) => Readable.from([Buffer.from(`содержимое ${fileId}`)]),
    room: 10,
  });
  const zip = readFileSync(path);
  expect(zip.length).toBe(size);
  const files = Object.fromEntries(
    Object.entries(unzipSync(new Uint8Array(zip))).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  );
  expect(JSON.parse(files['messenger.json'] ?? '')).toEqual({
    messages: [
      { text: 'раз', page: 0 },
      { text: '<b>два</b>', page: 0 },
      { text: 'три', page: 1 },
    ],
    reactions: [],
  });
  const page = files['index.html'] ?? '';
  expect(page.match(/<tr>/g)).toHaveLength(4);
  expect(page).toContain('&#60;b&#62;два');
  expect(page).toContain('Ничего нет.');
  expect(files['files/messenger/f0-файл_0.txt']).toBe('содержимое f0');
  expect(Object.keys(files)).toHaveLength(3);
  expect(page).toContain('messenger: файл 1.txt');
});

test('a large one: more than two hundred megabytes pass through a fraction of that', async () => {
  const FILES = 24;
  const noise = randomBytes(MIB);
  const text = 'слово '.repeat(400);
  const before = process.memoryUsage();
  let most = 0;
  const look = () => {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    most = Math.max(most, arrayBuffers - before.arrayBuffers + (heapUsed - before.heapUsed));
  };
  const { size } = await write({
    async *pages(service) {
      for (let page = 0; page < 10; page++) {
        look();
        const rows = Array.from({ length: 500 }, (_, at) => ({ text: `${text}${page}-${at}` }));
        const files = page === 0 && service === 'messenger' ? FILES : 0;
        yield {
          sections: [{ name: 'messages', title, rows }],
          files: Array.from({ length: files }, (_, at) => ({ fileId: `f${at}`, fileName: 'фото.jpg' })),
        };
      }
    },
    file: async () =>
      Readable.from(
        (async function* () {
          for (let at = 0; at < 8; at++) {
            look();
            yield Buffer.from(noise);
          }
        })(),
      ),
  });
  // 192 MiB of files, and 46 MiB of rows that pack well.
  expect(size).toBeGreaterThan(FILES * 8 * MIB);
  expect(most).toBeLessThan(96 * MIB);
}, 180_000);
