import type { analyticsContract } from '#contracts/analytics/index.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { lastEventAt } from '../data/events.ts';
import { dictionaries, retention } from '../data/figures.ts';
import { DASHBOARD, takesCategory } from '../domain/dashboards.ts';
import { type Metric, METRICS } from '../domain/metrics.ts';
import { makePanels, type Panel } from '../domain/panels.ts';
import { checkRange, checkTimeZone } from '../domain/range.ts';

type H = Handlers<typeof analyticsContract, AnalyticsContext>;

export const listDashboards: H['listDashboards'] = async (_ctx, req) => ({
  body: {
    items: Object.entries(DASHBOARD).map(([name, dashboard]) => ({
      name,
      title: dashboard.title[req.locale],
      metrics: [...dashboard.metrics],
      filters: ['period', 'step', 'timeZone', ...(takesCategory(dashboard) ? ['category'] : [])],
    })),
  },
});

export const getDashboard: H['getDashboard'] = async (ctx, req) => {
  const range = checkRange(req.query);
  const reader = { locale: req.locale, dictionaries: await dictionaries(ctx.db) };
  const dashboard = DASHBOARD[req.params.name];
  const panels: Panel[] = [];
  for (const metric of dashboard.metrics) panels.push(...(await makePanels(ctx.db, metric, range, reader)));
  return {
    body: {
      name: req.params.name,
      title: dashboard.title[req.locale],
      ...range,
      panels,
      updatedAt: (await lastEventAt(ctx.db))?.toISOString() ?? null,
    },
  };
};

export const listMetrics: H['listMetrics'] = async (_ctx, req) => ({
  body: {
    items: Object.entries(METRICS).map(([metric, { title, unit, formula, kind, ...more }]) => ({
      metric,
      title: title[req.locale],
      unit,
      kind,
      formula: formula[req.locale],
      byCategory: (more as Partial<Metric>).byCategory === true,
    })),
  },
});

export const getRetention: H['getRetention'] = async (ctx, req) => {
  const { months, timeZone } = req.query;
  checkTimeZone(timeZone);
  return { body: { items: await retention(ctx.db, { months, now: ctx.clock.now(), timeZone }) } };
};
