import { strToU8, zip, type Zippable } from 'fflate';
import { contracts } from '#contracts/all.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { ServiceName } from '#contracts/common/define.ts';

export interface Section {
  name: string;
  title: { ru: string; en: string };
  rows: Record<string, unknown>[];
}
export interface ArchiveFile {
  path: string;
  content: Buffer;
}
export interface ArchiveParts {
  at: string;
  locale: Locale;
  services: { service: ServiceName; sections: Section[] }[];
  files: ArchiveFile[];
  /** Names of files that did not fit. */
  leftOut: string[];
}

const WORDS = {
  ru: {
    title: 'Ваши данные в Артели',
    lead: 'Собрано',
    empty: 'Ничего нет.',
    files: 'Файлы',
    leftOut: 'Не поместились в архив; их можно скачать там, куда они были загружены',
  },
  en: {
    title: 'Your data in Artel',
    lead: 'Collected at',
    empty: 'Nothing.',
    files: 'Files',
    leftOut: 'Did not fit into the archive; they can be downloaded where they were uploaded',
  },
} as const;

/** One archive for machines (a JSON file per service) and for people (a page in the person's language), with the person's files. */
export function makeArchive(parts: ArchiveParts): Promise<Buffer> {
  const entries: Zippable = { 'index.html': strToU8(readablePage(parts)) };
  for (const { service, sections } of parts.services)
    entries[`${service}.json`] = strToU8(
      JSON.stringify(Object.fromEntries(sections.map(({ name, rows }) => [name, rows])), null, 2),
    );
  // What people upload is mostly compressed already.
  for (const { path, content } of parts.files) entries[path] = [content, { level: 0 }];
  return new Promise((resolve, reject) =>
    zip(entries, { level: 6 }, (error, data) =>
      error ? reject(error) : resolve(Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    ),
  );
}

/** A name that no file system takes amiss (T2). */
export function filePath(service: string, fileId: string, fileName: string): string {
  return `files/${service}/${fileId}-${fileName.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(-80)}`;
}

function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  return escapeHtml(typeof value === 'string' ? value : JSON.stringify(value));
}

function table(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const head = columns.map((column) => `<th>${escapeHtml(column)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${columns.map((column) => `<td>${cell(row[column])}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function readablePage({ at, locale, services, files, leftOut }: ArchiveParts): string {
  const words = WORDS[locale];
  const parts = services.map(({ service, sections }) => {
    const shown = sections.map(
      ({ title, rows }) =>
        `<h3>${escapeHtml(title[locale])}</h3>${rows.length === 0 ? `<p>${words.empty}</p>` : table(rows)}`,
    );
    return `<section><h2>${escapeHtml(contracts[service].title[locale])} <a href="${service}.json">JSON</a></h2>${shown.join('\n')}</section>`;
  });
  const links = files.map(
    ({ path }) =>
      `<li><a href="${escapeHtml(path.split('/').map(encodeURIComponent).join('/'))}">${escapeHtml(path)}</a></li>`,
  );
  const missing =
    leftOut.length === 0
      ? ''
      : `<p>${words.leftOut}:</p><ul>${leftOut.map((name) => `<li>${escapeHtml(name)}</li>`).join('')}</ul>`;
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${words.title}</title>
<style>body{font:1rem/1.5 system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}h2{border-top:1px solid;padding-top:1rem}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}th,td{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top;white-space:pre-wrap}</style></head>
<body><h1>${words.title}</h1><p>${words.lead} ${escapeHtml(at)}</p>${parts.join('\n')}<section><h2>${words.files}</h2>${links.length === 0 && missing === '' ? `<p>${words.empty}</p>` : `<ul>${links.join('')}</ul>${missing}`}</section></body></html>`;
}
