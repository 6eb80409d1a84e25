import type { z } from 'zod';
import type { reportTable } from '#contracts/analytics/internal.ts';
import type { Bilingual } from '#contracts/common/values.ts';
import type { Queries } from '#kit/db/db.ts';
import type { ExportChart } from '#kit/export/chart.ts';
import type { ExportTable } from '#kit/export/table.ts';
import { activeUsers, type Range, series } from '../data/figures.ts';
import { type Metric, METRICS, type MetricName } from './metrics.ts';
import type { Reader } from './panels.ts';
import { dictionaryKey } from './parts.ts';
import { stepsOf } from './range.ts';

export type ReportName = 'users' | 'orders' | 'finance' | 'support';
type Table = z.input<typeof reportTable>;

/** Columns of each report; money metrics come one column per currency seen. */
const COLUMNS: Readonly<Record<ReportName, readonly MetricName[]>> = {
  users: ['registrations', 'active_users', 'sign_ins', 'profile_changes'],
  orders: ['orders_published', 'invitations', 'responses', 'orders_completed', 'disputes', 'reviews'],
  finance: ['topups', 'chargebacks', 'gmv', 'placement_fees', 'commission', 'bonuses', 'withdrawals'],
  support: ['tickets_opened', 'tickets_resolved', 'admin_actions'],
};

export const REPORT_TITLES: Readonly<Record<ReportName, Bilingual>> = {
  users: { ru: 'Отчёт: пользователи', en: 'Report: users' },
  orders: { ru: 'Отчёт: заказы', en: 'Report: orders' },
  finance: { ru: 'Отчёт: финансы', en: 'Report: finance' },
  support: { ru: 'Отчёт: поддержка', en: 'Report: support' },
};

/** A report as a table: a row per step, a column per metric (and currency). Money is in minor units. */
export async function makeReport(
  db: Queries,
  report: ReportName,
  range: Range,
  { locale }: Pick<Reader, 'locale'>,
  progress: (part: number) => Promise<void> = async () => {},
): Promise<Table> {
  const cells = new Map<string, Map<string, bigint>>();
  const columns: { key: string; title: string; unit: string }[] = [];
  // With a filter by category only what can be had for one is told: a mixture would mislead.
  const names = COLUMNS[report].filter((name) => range.category === undefined || (METRICS[name] as Metric).byCategory);
  for (const [place, name] of names.entries()) {
    await progress(place / names.length);
    const metric: Metric = METRICS[name];
    const points = name === 'active_users' ? (await activeUsers(db, range)).points : await series(db, name, range);
    const keys = metric.unit === 'money' ? [...new Set(points.map((point) => point.dimension))].sort() : [''];
    for (const key of keys.length > 0 ? keys : ['']) {
      columns.push({
        key: key ? `${name}_${key}` : name,
        title: key ? `${metric.title[locale]}, ${key}` : metric.title[locale],
        unit: metric.unit,
      });
    }
    for (const point of points) {
      const column = metric.unit === 'money' ? `${name}_${point.dimension}` : name;
      const row = cells.get(point.at) ?? new Map<string, bigint>();
      row.set(column, (row.get(column) ?? 0n) + BigInt(point.value));
      cells.set(point.at, row);
    }
  }
  const rows = stepsOf(range).map((at) => ({
    at,
    ...Object.fromEntries(columns.map(({ key }) => [key, (cells.get(at)?.get(key) ?? 0n).toString()])),
  }));
  return {
    report,
    from: range.from,
    to: range.to,
    timeZone: range.timeZone,
    category: range.category ?? null,
    columns: [{ key: 'at', title: locale === 'ru' ? 'Период' : 'Period', unit: 'date' }, ...columns],
    rows,
  };
}

/** The report as a file's table: money in major units. */
export function reportFile(table: Table, report: ReportName, { locale, dictionaries }: Reader): ExportTable {
  const text = (unit: string, value: string | number | null | undefined): string =>
    unit === 'money' ? major(String(value ?? '0')) : String(value ?? '');
  return {
    title: REPORT_TITLES[report][locale],
    notes: [
      `${table.from} … ${table.to} (${table.timeZone})`,
      ...(table.category === null
        ? []
        : [dictionaries.get(dictionaryKey('categories', table.category))?.[locale] ?? table.category]),
    ],
    columns: table.columns.map((column, index) => ({
      title: column.title,
      align: index === 0 ? ('start' as const) : ('end' as const),
    })),
    rows: table.rows.map((row) => table.columns.map((column) => text(column.unit, row[column.key]))),
    charts: charts(table, REPORT_TITLES[report][locale]),
  };
}

/** A chart per unit: counts and sums of money don't share an axis. A chart may round, the table does not. */
function charts(table: Table, title: string): ExportChart[] {
  if (table.rows.length === 0) return [];
  const figures = table.columns.slice(1);
  return [...new Set(figures.map((column) => column.unit))].map((unit) => ({
    title,
    steps: table.rows.map((row) => String(row['at'])),
    series: figures
      .filter((column) => column.unit === unit)
      .map((column) => ({
        name: column.title,
        values: table.rows.map((row) => Number(row[column.key] ?? 0) / (unit === 'money' ? 100 : 1)),
      })),
  }));
}

/** Two decimals: every currency of a report's column is named in its head. */
function major(minor: string): string {
  const negative = minor.startsWith('-');
  const digits = (negative ? minor.slice(1) : minor).padStart(3, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
