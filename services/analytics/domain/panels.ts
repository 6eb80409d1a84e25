import type { z } from 'zod';
import type { panel } from '#contracts/analytics/http.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { Queries } from '#kit/db/db.ts';
import {
  activeUsers,
  type Cohort,
  level,
  orderFigures,
  type OrderFigures,
  type Point,
  type Range,
  retention,
  series,
  skillsOffered,
  ticketFigures,
} from '../data/figures.ts';
import { type Metric, METRICS, type MetricName } from './metrics.ts';
import { type Dictionaries, partTitle } from './parts.ts';
import { lastDays, periodBefore, stepsOf } from './range.ts';

/** What an empty money panel is shown in. */
const DEFAULT_CURRENCY = 'RUB';
/** Most parts of a figure that are shown. */
const MOST_PARTS = 20;
/** Months of registration that a panel of cohorts shows. */
const COHORTS = 6;

export type Panel = z.input<typeof panel>;
export interface Reader {
  readonly locale: Locale;
  readonly dictionaries: Dictionaries;
}
interface Figure {
  readonly total: string | null;
  readonly points: readonly { at: string; value: string }[];
  readonly parts: readonly { key: string; value: string }[];
  readonly cohorts?: readonly Cohort[];
}

/** A metric over a range, with the period before beside it; of a metric in money a panel per currency. */
export async function makePanels(db: Queries, name: MetricName, asked: Range, reader: Reader): Promise<Panel[]> {
  const metric: Metric = METRICS[name];
  const range = metric.byCategory ? asked : { ...asked, category: undefined };
  const earlier = periodBefore(range);
  const [now, before] = [await figuresOf(db, name, range), await figuresOf(db, name, earlier)];
  const keys = [...new Set([...now.keys(), ...before.keys()])].sort();
  return keys.map((key) => {
    const figure = now.get(key) ?? NOTHING;
    const title =
      key !== '' && keys.length > 1 ? `${metric.title[reader.locale]}, ${key}` : metric.title[reader.locale];
    return {
      metric: name,
      title,
      formula: metric.formula[reader.locale],
      unit: metric.unit,
      ...(key === '' ? {} : { currency: key }),
      kind: figure.cohorts
        ? ('cohorts' as const)
        : name === 'funnel'
          ? ('funnel' as const)
          : figure.points.length > 0 && metric.dimension !== 'skill'
            ? ('series' as const)
            : figure.parts.length > 0
              ? ('breakdown' as const)
              : ('number' as const),
      total: figure.total,
      // What is so now only was not asked about then.
      previous: name === 'skills_offered' || name === 'retention' ? null : (before.get(key)?.total ?? null),
      points: metric.dimension === 'skill' ? [] : filled(figure.points, range),
      parts: partsOf(metric, figure, reader),
      ...(figure.cohorts ? { cohorts: [...figure.cohorts] } : {}),
      ...(asked.category === undefined ? {} : { filtered: metric.byCategory === true }),
    };
  });
}

function partsOf(metric: Metric, figure: Figure, { locale, dictionaries }: Reader): Panel['parts'] {
  const { dimension } = metric;
  if (dimension === undefined || dimension === 'currency') return [];
  const ordered =
    dimension === 'step' ? figure.parts : figure.parts.toSorted((a, b) => Number(b.value) - Number(a.value));
  return ordered
    .slice(0, MOST_PARTS)
    .map(({ key, value }) => ({ key, title: partTitle(dimension, key, locale, dictionaries), value }));
}

/** With the steps in which nothing happened: a chart that leaves them out tells of another time. */
function filled(points: Figure['points'], range: Range): Panel['points'] {
  if (points.length === 0) return [];
  const values = new Map(points.map((point) => [point.at, point.value]));
  return stepsOf(range).map((at) => ({ at, value: values.get(at) ?? '0' }));
}

const NOTHING: Figure = { total: null, points: [], parts: [] };

/** By currency of what is in money; under the empty key of everything else. */
async function figuresOf(db: Queries, name: MetricName, range: Range): Promise<Map<string, Figure>> {
  const metric: Metric = METRICS[name];
  if (name === 'take_rate') return await takeRates(db, range);
  if (metric.dimension === 'currency') {
    const rows: readonly Point[] =
      metric.kind === 'level'
        ? (await level(db, name, range)).map((row) => ({ ...row, at: '' }))
        : await series(db, name, range);
    const currencies = new Set(rows.map((row) => row.dimension));
    return new Map(
      [...(currencies.size > 0 ? currencies : [DEFAULT_CURRENCY])].map((currency) => {
        const own = rows.filter((row) => row.dimension === currency);
        const points = own.filter((row) => row.at !== '').map(({ at, value }) => ({ at, value }));
        return [currency, { total: sum(own).toString(), points, parts: [] }];
      }),
    );
  }
  return new Map([['', await (COMPUTED[name] ?? summed)(db, range, name)]]);
}

type Compute = (db: Queries, range: Range, name: MetricName) => Promise<Figure>;

/** Metrics that are computed of facts rather than summed. */
const COMPUTED: Readonly<Partial<Record<MetricName, Compute>>> = {
  async active_users(db, range) {
    const { total, points } = await activeUsers(db, range);
    return { total, points: points.map(({ at, value }) => ({ at, value })), parts: [] };
  },
  active_day: async (db, range) => number(Number((await activeUsers(db, lastDays(range, 1))).total)),
  active_week: async (db, range) => number(Number((await activeUsers(db, lastDays(range, 7))).total)),
  active_month: async (db, range) => number(Number((await activeUsers(db, lastDays(range, 30))).total)),
  async retention(db, range) {
    // The cohorts that the end of the range knows.
    const now = new Date(`${range.to}T12:00:00Z`);
    return { ...NOTHING, cohorts: await retention(db, { months: COHORTS, now, timeZone: range.timeZone }) };
  },
  async skills_offered(db) {
    const rows = await skillsOffered(db, MOST_PARTS);
    return { ...NOTHING, parts: rows.map((row) => ({ key: row.dimension, value: row.value })) };
  },
  funnel: async (db, range) => funnel(await orderFigures(db, range)),
  first_response: async (db, range) => number((await orderFigures(db, range)).firstResponse),
  async fill_rate(db, range) {
    const { started, published } = await orderFigures(db, range);
    return number(share(started, published));
  },
  async dispute_rate(db, range) {
    const { disputed, started } = await orderFigures(db, range);
    return number(share(disputed, started));
  },
  answer_time: async (db, range) => number((await ticketFigures(db, range)).answer),
  resolution_time: async (db, range) => number((await ticketFigures(db, range)).resolution),
  async satisfaction(db, range) {
    const { satisfaction } = await ticketFigures(db, range);
    return number(satisfaction === null ? null : satisfaction * 1000);
  },
};

/** Per currency: a share of sums in several would say nothing. */
async function takeRates(db: Queries, range: Range): Promise<Map<string, Figure>> {
  const [fees, commission, gmv] = await Promise.all(
    (['placement_fees', 'commission', 'gmv'] as const).map((name) => series(db, name, range)),
  );
  const of = (rows: readonly Point[] | undefined, currency: string) =>
    Number(sum((rows ?? []).filter((row) => row.dimension === currency)));
  const currencies = new Set((gmv ?? []).map((row) => row.dimension));
  return new Map(
    [...(currencies.size > 0 ? currencies : [DEFAULT_CURRENCY])].map((currency) => [
      currency,
      number(share(of(fees, currency) + of(commission, currency), of(gmv, currency))),
    ]),
  );
}

async function summed(db: Queries, range: Range, name: MetricName): Promise<Figure> {
  const metric: Metric = METRICS[name];
  if (metric.kind === 'level') {
    const rows = await level(db, name, range);
    const parts = rows.map((row) => ({ key: row.dimension, value: row.value }));
    return { total: rows.reduce((all, row) => all + BigInt(row.value), 0n).toString(), points: [], parts };
  }
  const rows = await series(db, name, range, metric.dimension === 'category' ? 'category' : 'dimension');
  const points = new Map<string, bigint>();
  const parts = new Map<string, bigint>();
  for (const row of rows) {
    points.set(row.at, (points.get(row.at) ?? 0n) + BigInt(row.value));
    parts.set(row.dimension, (parts.get(row.dimension) ?? 0n) + BigInt(row.value));
  }
  const text = <K>([key, value]: readonly [K, bigint]) => [key, value.toString()] as const;
  return {
    total: sum(rows).toString(),
    points: [...points].map(text).map(([at, value]) => ({ at, value })),
    parts: [...parts].map(text).map(([key, value]) => ({ key, value })),
  };
}

function funnel(figures: OrderFigures): Figure {
  const steps = (['created', 'published', 'responded', 'started', 'completed'] as const).map((key) => ({
    key,
    value: String(figures[key]),
  }));
  return { total: String(figures.created), points: [], parts: steps };
}

function number(value: number | null): Figure {
  return { ...NOTHING, total: value === null ? null : String(Math.round(value)) };
}

/** Per mille; null of nothing. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : (part / whole) * 1000;
}

function sum(rows: readonly { value: string }[]): bigint {
  return rows.reduce((all, row) => all + BigInt(row.value), 0n);
}
