import type { DASHBOARDS } from '#contracts/analytics/http.ts';
import type { Bilingual } from '#contracts/common/values.ts';
import { type Metric, METRICS, type MetricName } from './metrics.ts';

interface Dashboard {
  readonly title: Bilingual;
  /** In the order of its panels. */
  readonly metrics: readonly MetricName[];
}

/** Dashboards are data: what a person sees is made of these by the API, without a line of the web app. */
export const DASHBOARD: Readonly<Record<(typeof DASHBOARDS)[number], Dashboard>> = {
  overview: {
    title: { ru: 'Обзор', en: 'Overview' },
    metrics: [
      'registrations',
      'active_users',
      'active_day',
      'active_week',
      'active_month',
      'profile_changes',
      'orders_published',
      'orders_completed',
      'gmv',
      'commission',
      'escrow_held',
      'orders_by_status',
      'retention',
    ],
  },
  orders: {
    title: { ru: 'Заказы', en: 'Orders' },
    metrics: [
      'orders_published',
      'responses',
      'invitations',
      'orders_completed',
      'disputes',
      'funnel',
      'first_response',
      'fill_rate',
      'dispute_rate',
      'orders_by_status',
      'top_skills',
      'skills_offered',
      'reviews',
    ],
  },
  finance: {
    title: { ru: 'Финансы', en: 'Finance' },
    metrics: [
      'topups',
      'chargebacks',
      'gmv',
      'placement_fees',
      'commission',
      'bonuses',
      'withdrawals',
      'escrow_held',
      'take_rate',
    ],
  },
  support: {
    title: { ru: 'Поддержка', en: 'Support' },
    metrics: ['tickets_opened', 'tickets_resolved', 'answer_time', 'resolution_time', 'satisfaction', 'admin_actions'],
  },
};

/** Whether a dashboard has anything that a filter by category changes. */
export function takesCategory(dashboard: Dashboard): boolean {
  return dashboard.metrics.some((name) => (METRICS[name] as Metric).byCategory);
}
