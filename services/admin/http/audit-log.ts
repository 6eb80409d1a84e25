import { decodeCursor, pageOf } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { type AuditFilter, type AuditRow, chainFrom, chainHead, entryView, listEntries } from '../data/audit.ts';
import { createVerifier } from '../domain/chain.ts';
import { CSV_START, csvLine } from '../domain/csv.ts';

const BATCH = 1_000;
const MAX_EXPORTED = 50_000;

export const listAuditLog: AdminHandlers['listAuditLog'] = async (ctx, req) => {
  const { limit, cursor, ...filter } = req.query;
  const below = decodeCursor(cursor, 1)?.[0];
  const rows = await listEntries(ctx.db, filter, limit + 1, below === undefined ? undefined : numberOf(below));
  return { body: pageOf(rows.map(entryView), limit, (last) => [last.number]) };
};

/** A cursor that says no number begins at the newest entry. */
function numberOf(value: unknown): string | undefined {
  return /^\d{1,18}$/.test(String(value)) ? String(value) : undefined;
}

const HEADINGS = {
  ru: ['№', 'Время (UTC)', 'Кто', 'Действие', 'Что', 'Id', 'Итог', 'Код', 'Было', 'Стало', 'Причина', 'Адрес', 'Хеш'],
  en: [
    'No.',
    'Time (UTC)',
    'Actor',
    'Action',
    'Kind',
    'Id',
    'Outcome',
    'Code',
    'Before',
    'After',
    'Reason',
    'Address',
    'Hash',
  ],
} as const;

function cells(row: AuditRow): unknown[] {
  return [
    row.number.toString(),
    row.at.toISOString(),
    row.actorId,
    row.action,
    row.targetKind,
    row.targetId,
    row.outcome,
    row.code,
    row.before,
    row.after,
    row.reason,
    row.address,
    row.hash.toString('hex'),
  ];
}

/** CSV for spreadsheets, JSON lines for programs: an entry a line, as the list shows it. */
async function exportFile(ctx: AdminContext, filter: AuditFilter, format: 'csv' | 'jsonl', locale: 'ru' | 'en') {
  const parts = format === 'csv' ? [CSV_START, csvLine(HEADINGS[locale])] : [];
  let below: string | undefined;
  let count = 0;
  while (count < MAX_EXPORTED) {
    const rows = await listEntries(ctx.db, filter, Math.min(BATCH, MAX_EXPORTED - count), below);
    for (const row of rows) parts.push(format === 'csv' ? csvLine(cells(row)) : `${JSON.stringify(entryView(row))}\n`);
    count += rows.length;
    below = rows.at(-1)?.number.toString();
    if (rows.length < BATCH) break;
  }
  return { file: Buffer.from(parts.join(''), 'utf8'), count };
}

/** The log leaves the platform: that is an act itself. */
export const exportAuditLog: AdminHandlers['exportAuditLog'] = async (ctx, req) => {
  const { format, ...filter } = req.query;
  const { file, count } = await exportFile(ctx, filter, format, req.locale);
  return await audited(
    ctx,
    req,
    { action: 'audit.export', targetKind: 'audit-log', targetId: 'all', wanted: { filter, format, entries: count } },
    {
      write: async () => ({
        body: file,
        headers: {
          'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
          'content-disposition': `attachment; filename="audit-log-${ctx.clock.now().toISOString().slice(0, 10)}.${format}"`,
        },
      }),
    },
  );
};

export const verifyAuditLog: AdminHandlers['verifyAuditLog'] = async (ctx) => {
  // Entries written while this runs are left for the next time.
  const head = await chainHead(ctx.db);
  const end = head.last > head.number ? head.last : head.number;
  const verifier = createVerifier(ctx.auditKey);
  for (;;) {
    const rows = await chainFrom(ctx.db, verifier.number, end, BATCH);
    if (!rows.every((row) => verifier.take(row)) || rows.length < BATCH) break;
  }
  verifier.end(head);
  const { fault } = verifier;
  return {
    body: {
      intact: fault === undefined,
      entries: verifier.number.toString(),
      head: head.hash.toString('hex'),
      fault: fault ? { number: fault.number.toString(), kind: fault.kind } : null,
    },
  };
};
