import type { AdminHandlers } from '../context.ts';
import { countOpenEscalations } from '../data/escalations.ts';

export const getReport: AdminHandlers['getReport'] = async (ctx, req) => ({
  body: await ctx.clients.analytics.getReport({ query: req.query }),
});

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;

export const getReportFile: AdminHandlers['getReportFile'] = async (ctx, req) => {
  const { report, from, to, format } = req.query;
  return {
    body: await ctx.clients.analytics.getReportFile({ query: req.query }),
    headers: {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="${report}-${from}-${to}.${format}"`,
    },
  };
};

/** Through the gateway with the admin's own token (I22): analytics decides by his own rights. */
export const getDashboard: AdminHandlers['getDashboard'] = async (ctx, req) => {
  const { name, ...query } = req.query;
  const [dashboard, money, openEscalations] = await Promise.all([
    ctx.clients.gateway.getDashboard({ params: { name }, query, user: req.user }),
    ctx.clients.payments.getInvariants({}).catch(() => null),
    countOpenEscalations(ctx.db),
  ]);
  const { title, from, to, panels, updatedAt } = dashboard;
  return { body: { name, title, from, to, panels, updatedAt, money, openEscalations } };
};
