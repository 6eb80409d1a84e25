/** The words and the page of an archive. Pure: `services/users/archive.ts` puts it together. */
import { contracts } from '#contracts/all.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { ServiceName } from '#contracts/common/define.ts';

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

export function tableHead(title: string, columns: readonly string[]): string {
  const head = columns.map((column) => `<th>${escapeHtml(column)}</th>`).join('');
  return `<h3>${escapeHtml(title)}</h3><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>`;
}

export function tableRows(columns: readonly string[], rows: readonly Record<string, unknown>[]): string {
  return rows.map((row) => `<tr>${columns.map((column) => `<td>${cell(row[column])}</td>`).join('')}</tr>\n`).join('');
}

export function tableTail(): string {
  return '</tbody></table></div>\n';
}

export function emptyTable(title: string, locale: Locale): string {
  return `<h3>${escapeHtml(title)}</h3><p>${WORDS[locale].empty}</p>\n`;
}

/** What is about a service follows. */
export function serviceHead(service: ServiceName, locale: Locale): string {
  return `<h2>${escapeHtml(contracts[service].title[locale])} <a href="${service}.json">JSON</a></h2>\n`;
}

export function pageHead({ at, locale }: { at: string; locale: Locale }): string {
  const words = WORDS[locale];
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${words.title}</title>
<style>body{font:1rem/1.5 system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}h2{border-top:1px solid;padding-top:1rem}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}th,td{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top;white-space:pre-wrap}</style></head>
<body><h1>${words.title}</h1><p>${words.lead} ${escapeHtml(at)}</p>
`;
}

/** The person's files: those that are in the archive, and the names of those that did not fit. */
export function pageFoot(locale: Locale, paths: readonly string[], leftOut: readonly string[]): string {
  const words = WORDS[locale];
  const links = paths.map(
    (path) =>
      `<li><a href="${escapeHtml(path.split('/').map(encodeURIComponent).join('/'))}">${escapeHtml(path)}</a></li>`,
  );
  const missing =
    leftOut.length === 0
      ? ''
      : `<p>${words.leftOut}:</p><ul>${leftOut.map((name) => `<li>${escapeHtml(name)}</li>`).join('')}</ul>`;
  const none = links.length === 0 && missing === '';
  return `<h2>${words.files}</h2>${none ? `<p>${words.empty}</p>` : `<ul>${links.join('')}</ul>${missing}`}</body></html>`;
}
