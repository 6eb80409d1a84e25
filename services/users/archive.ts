/** The archive of a person's data, put together piece by piece: of its content only a page lies in memory at a time. */
import { appendFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ServiceName } from '#contracts/common/define.ts';
import type { Bilingual, Locale } from '#contracts/common/values.ts';
import type { ZipEntry } from '#kit/export/zip.ts';
import {
  emptyTable,
  filePath,
  pageFoot,
  pageHead,
  serviceHead,
  tableHead,
  tableRows,
  tableTail,
} from './domain/archive.ts';

type Row = Record<string, unknown>;
export interface ArchiveSource {
  readonly at: string;
  readonly locale: Locale;
  readonly services: readonly ServiceName[];
  /** What a service keeps of the person, page by page. */
  pages(service: ServiceName): AsyncIterable<{
    readonly sections: readonly { readonly name: string; readonly title: Bilingual; readonly rows: readonly Row[] }[];
    readonly files: readonly { readonly fileId: string; readonly fileName: string }[];
  }>;
  /** Undefined: it was deleted meanwhile. */
  file(service: ServiceName, fileId: string): Promise<Readable | undefined>;
  /** Bytes of files after which no further one is put in. */
  readonly room: number;
}

interface Spooled {
  readonly name: string;
  readonly title: Bilingual;
  /** Rows so far: as JSON, and as rows of a table. */
  readonly json: string;
  readonly html: string;
  columns: readonly string[] | undefined;
}

/** A JSON file per service for machines, the person's files, and a page for people. `scratch`: an empty folder for what is read once and written twice. */
export async function* archiveEntries(source: ArchiveSource, scratch: string): AsyncGenerator<ZipEntry> {
  const { services, locale } = source;
  const page = join(scratch, 'page.html');
  await appendFile(page, pageHead(source));
  const files: { service: ServiceName; fileId: string; fileName: string }[] = [];
  for (const service of services) {
    const sections = await spool(source, service, scratch, files);
    yield { path: `${service}.json`, content: jsonOf(sections) };
    await appendFile(page, serviceHead(service, locale));
    for (const section of sections) await appendFile(page, htmlOf(section, locale));
  }
  const put: string[] = [];
  const leftOut: string[] = [];
  let { room } = source;
  for (const { service, fileId, fileName } of files) {
    const content = room > 0 ? await source.file(service, fileId) : undefined;
    if (!content) {
      leftOut.push(`${service}: ${fileName}`);
      continue;
    }
    const path = filePath(service, fileId, fileName);
    put.push(path);
    // What people upload is mostly compressed already.
    const count = (bytes: number) => {
      room -= bytes;
    };
    yield { path, stored: true, content: counted(content, count) };
  }
  await appendFile(page, pageFoot(locale, put, leftOut));
  yield { path: 'index.html', content: createReadStream(page) };
}

async function spool(
  source: ArchiveSource,
  service: ServiceName,
  scratch: string,
  files: { service: ServiceName; fileId: string; fileName: string }[],
): Promise<Spooled[]> {
  const sections = new Map<string, Spooled>();
  for await (const page of source.pages(service)) {
    for (const { name, title, rows } of page.sections) {
      const at = join(scratch, `${service}-${sections.size}`);
      const section = sections.get(name) ?? { name, title, json: `${at}.json`, html: `${at}.html`, columns: undefined };
      sections.set(name, section);
      if (rows.length === 0) continue;
      const first = section.columns === undefined;
      section.columns ??= Object.keys(rows[0] as Row);
      await appendFile(section.json, `${first ? '' : ',\n'}${rows.map((row) => JSON.stringify(row)).join(',\n')}`);
      await appendFile(section.html, tableRows(section.columns, rows));
    }
    for (const file of page.files) files.push({ service, ...file });
  }
  return [...sections.values()];
}

async function* jsonOf(sections: readonly Spooled[]): AsyncGenerator<Uint8Array | string> {
  yield '{';
  for (const [at, { name, json, columns }] of sections.entries()) {
    yield `${at === 0 ? '' : ','}\n${JSON.stringify(name)}: [`;
    if (columns) yield* createReadStream(json);
    yield ']';
  }
  yield '\n}\n';
}

async function* htmlOf({ title, html, columns }: Spooled, locale: Locale): AsyncGenerator<Uint8Array | string> {
  if (columns === undefined) return yield emptyTable(title[locale], locale);
  yield tableHead(title[locale], columns);
  yield* createReadStream(html);
  yield tableTail();
}

async function* counted(content: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const part of content) {
    count(part.length);
    yield part;
  }
}
