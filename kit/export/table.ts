import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ExportChart } from './chart.ts';

/** A table to hand out as a file. `align: 'end'` for numbers. */
export interface ExportTable {
  readonly title: string;
  /** Lines above the table: period, person, balance. */
  readonly notes: readonly string[];
  readonly columns: readonly {
    readonly title: string;
    readonly align?: 'start' | 'end' /** Share of the width; default 1. */;
    readonly weight?: number;
  }[];
  readonly rows: readonly (readonly string[])[];
  /** Drawn above the table of a PDF, one below the other. */
  readonly charts?: readonly ExportChart[];
}

/** RFC 4180 with a byte order mark (spreadsheets read Cyrillic by it). Cells that a spreadsheet would run get an apostrophe (B5). */
export function toCsv(table: ExportTable): Buffer {
  return Buffer.from([...csvLines(table)].join(''), 'utf8');
}

function* csvLines(table: ExportTable): Generator<string> {
  const line = (cells: readonly string[]) => `${cells.map(csvCell).join(',')}\r\n`;
  yield `\ufeff${line(table.columns.map((column) => column.title))}`;
  for (const row of table.rows) yield line(row);
}

/** The same, as it is read: for the file store. */
export const openFile = {
  csv: async (table: ExportTable): Promise<Readable> => Readable.from(csvLines(table), { objectMode: false }),
  xlsx: openXlsx,
  pdf: openPdf,
} as const;

export function csvCell(value: string): string {
  // A plain number is data, with its sign; anything else that begins like a formula is made text.
  const inert = /^[=+\-@\t\r]/.test(value) && !/^-?\d+([.,]\d+)?$/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

export async function toXlsx(table: ExportTable): Promise<Buffer> {
  return await buffer(await openXlsx(table));
}

async function openXlsx(table: ExportTable): Promise<Readable> {
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  const head = table.columns.map((column) => ({ value: column.title, fontWeight: 'bold' as const }));
  const rows = table.rows.map((row) =>
    row.map((value, index) =>
      table.columns[index]?.align === 'end' && /^-?\d+([.]\d+)?$/.test(value)
        ? { value: Number(value), type: Number }
        : { value, type: String },
    ),
  );
  const file = writeXlsxFile([head, ...rows], { sheet: table.title.slice(0, 31).replace(/[\\/?*[\]:]/g, ' ') });
  return await (file.toStream as () => Promise<Readable>)();
}

/** A PDF (A4) with Cyrillic, page numbers and a repeated head. What draws it is loaded at the first one: some 90 MiB. */
export async function toPdf(table: ExportTable): Promise<Buffer> {
  return await buffer(await openPdf(table));
}

async function openPdf(table: ExportTable): Promise<Readable> {
  const { drawPdf } = await import('./pdf.ts');
  return drawPdf(table);
}
