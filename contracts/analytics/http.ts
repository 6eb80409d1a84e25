import { z } from 'zod';
import { type ErrorDefinition, may, type Permission, route, signedIn } from '../common/define.ts';
import { id, signedMoney, slug, timestamp } from '../common/values.ts';
import { reportRoutes } from './reports.ts';

export const DASHBOARDS = ['overview', 'orders', 'finance', 'support'] as const;
const range = {
  from: z.iso.date(),
  to: z.iso.date(),
  step: z.enum(['day', 'week', 'month']).default('day'),
  timeZone: z.string().max(60).default('Europe/Moscow'),
};
export const dashboardQuery = {
  ...range,
  /** Only orders of this category; a panel that can't be had so says `filtered: false`. */
  category: slug.optional(),
};

/** One panel: a metric as a number with the period before beside it, and as a series. */
export const panel = z.object({
  metric: z.string(),
  title: z.string(),
  /** How the metric is computed, in the language of the reader. */
  formula: z.string().optional(),
  /** `count`, `money` (minor units of `currency`), `seconds`, `share` (per mille), `mark` (thousandths). */
  unit: z.string(),
  /** Of a money panel: sums of different currencies are never added up; each has its panel. */
  currency: z.string().optional(),
  /** How it is best shown. */
  kind: z.enum(['number', 'series', 'breakdown', 'funnel', 'cohorts']),
  total: z.string().nullable(),
  previous: z.string().nullable(),
  points: z.array(z.object({ at: z.string(), value: z.string() })),
  /** What the total is made of, in the language of the reader. */
  parts: z.array(z.object({ key: z.string(), title: z.string(), value: z.string() })),
  cohorts: z
    .array(z.object({ month: z.string(), registered: z.number().int(), active: z.array(z.number().int()) }))
    .optional(),
  /** With a filter by category: whether this panel obeys it. */
  filtered: z.boolean().optional(),
});

/** A running or ended rebuild of all figures. */
export const rebuildView = z.object({
  rebuildId: id,
  state: z.enum(['running', 'done', 'failed']),
  percent: z.number().int(),
  events: z.number().int(),
  startedAt: timestamp,
  finishedAt: timestamp.nullable(),
  /** Whether the figures were what the store gives; null while it runs. */
  equal: z.boolean().nullable(),
  differing: z.array(z.string()),
  reason: z.string().nullable(),
});

/** Public routes of analytics, below `/api/v1`. */
export const analyticsHttp = {
  ...reportRoutes,
  listDashboards: route({
    method: 'GET',
    path: '/analytics/dashboards',
    summary: 'The dashboards: titles, metrics, filters',
    rows: ['N-A3'],
    access: may('analytics.view'),
    reply: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          title: z.string(),
          metrics: z.array(z.string()),
          filters: z.array(z.string()),
        }),
      ),
    }),
  }),
  getDashboard: route({
    method: 'GET',
    path: '/analytics/dashboards/{name}',
    summary: 'A dashboard as data: panels with totals, the period before and series',
    rows: ['N-A1', 'N-A3', 'I22'],
    access: may('analytics.view'),
    params: z.object({ name: z.enum(DASHBOARDS) }),
    query: z.object(dashboardQuery),
    reply: z.object({
      name: z.string(),
      title: z.string(),
      from: z.string(),
      to: z.string(),
      step: z.string(),
      timeZone: z.string(),
      panels: z.array(panel),
      updatedAt: z.string().nullable(),
    }),
    example: { params: { name: 'overview' }, query: { from: '2026-11-01', to: '2026-11-30' } },
  }),
  listMetrics: route({
    method: 'GET',
    path: '/analytics/metrics',
    summary: 'Every metric: name, formula, unit',
    rows: ['N-A1'],
    access: may('analytics.view'),
    reply: z.object({
      items: z.array(
        z.object({
          metric: z.string(),
          title: z.string(),
          unit: z.string(),
          kind: z.enum(['flow', 'level']),
          formula: z.string(),
          byCategory: z.boolean(),
        }),
      ),
    }),
  }),
  getRetention: route({
    method: 'GET',
    path: '/analytics/retention',
    summary: 'Retention: of who registered in a month, the share active in each month after',
    rows: ['N-A1'],
    access: may('analytics.view'),
    query: z.object({ months: z.coerce.number().int().min(1).max(24).default(6), timeZone: range.timeZone }),
    reply: z.object({
      items: z.array(z.object({ month: z.string(), registered: z.number().int(), active: z.array(z.number().int()) })),
    }),
  }),
  getOwnStatistics: route({
    method: 'GET',
    path: '/me/statistics',
    summary: 'Own statistics: views, response rate, hires, income; orders, hires, spending, time to hire',
    rows: ['N-A1'],
    access: signedIn({ owner: 'self' }),
    query: z.object({ timeZone: range.timeZone }),
    reply: z.object({
      asFreelancer: z.object({
        /** People who looked at the profile in the last 30 days, each once a day; the person himself is not counted. */
        views: z.number().int(),
        viewsBefore: z.number().int(),
        invitations: z.number().int(),
        responses: z.number().int(),
        /** Per mille of the invitations that were answered by a response; null without any. */
        responseRate: z.number().int().nullable(),
        hires: z.number().int(),
        completed: z.number().int(),
        income: z.array(signedMoney),
      }),
      asClient: z.object({
        orders: z.number().int(),
        published: z.number().int(),
        hires: z.number().int(),
        completed: z.number().int(),
        /** Median seconds from publication to the start of the work. */
        timeToHire: z.number().int().nullable(),
        spent: z.array(signedMoney),
      }),
      /** The last twelve months, oldest first, in the time zone asked for. */
      months: z.array(
        z.object({
          month: z.string(),
          income: z.array(signedMoney),
          spent: z.array(signedMoney),
          views: z.number().int(),
        }),
      ),
    }),
  }),
  startRebuild: route({
    method: 'POST',
    path: '/analytics/rebuilds',
    summary: 'Compute all figures anew from the stored events; the one that runs already is it',
    rows: ['N-A1'],
    access: may('analytics.rebuild'),
    status: 202,
    reply: rebuildView,
  }),
  listRebuilds: route({
    method: 'GET',
    path: '/analytics/rebuilds',
    summary: 'The last rebuilds, newest first',
    rows: ['N-A1'],
    access: may('analytics.rebuild'),
    reply: z.object({ items: z.array(rebuildView) }),
  }),
  getRebuild: route({
    method: 'GET',
    path: '/analytics/rebuilds/{rebuildId}',
    summary: 'A rebuild with its progress',
    rows: ['N-A1'],
    access: may('analytics.rebuild'),
    params: z.object({ rebuildId: id }),
    reply: rebuildView,
  }),
};

export const analyticsPermissions: Record<string, Permission> = {
  'analytics.view': { title: { ru: 'Смотреть аналитику', en: 'See analytics' }, roles: ['admin'] },
  'analytics.reports': { title: { ru: 'Получать отчёты', en: 'Get reports' }, roles: ['admin'] },
  'analytics.rebuild': { title: { ru: 'Пересчитать аналитику', en: 'Rebuild analytics' }, roles: ['admin'] },
};

export const analyticsErrors: Record<string, ErrorDefinition> = {
  'analytics.range_too_long': { status: 400, title: { ru: 'Слишком длинный период', en: 'The period is too long' } },
  'analytics.report_not_ready': { status: 409, title: { ru: 'Отчёт ещё не готов', en: 'The report is not ready' } },
  'analytics.too_many_reports': {
    status: 409,
    title: { ru: 'Слишком много отчётов готовится сразу', en: 'Too many reports are being made' },
  },
  'analytics.too_many_schedules': { status: 409, title: { ru: 'Слишком много расписаний', en: 'Too many schedules' } },
  'analytics.recipient_not_allowed': {
    status: 422,
    title: { ru: 'Получатель не имеет права на отчёты', en: 'A recipient may not get reports' },
  },
  'analytics.time_zone_unknown': { status: 400, title: { ru: 'Неизвестный часовой пояс', en: 'Unknown time zone' } },
};
