import { api } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { Check, Select } from '../ui/form.tsx';
import { formatMoney, formatNumber, formatTime } from '../ui/format.ts';
import { useLoad } from '../ui/hooks.ts';
import { PanelCard } from '../ui/panel.tsx';
import { Shown } from '../ui/parts.tsx';

const DAY = 86_400_000;
const PERIODS = ['7', '30', '90', '365'];

/** The reader's own zone: his days are what he calls days. */
const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/Moscow';
const dayOf = (at: Date) => at.toLocaleDateString('en-CA');

/** Panels of the analytics with the ledger beside them. What they are comes from the API. */
export function AdminDashboard() {
  useTitle(t('admin.dashboard'));
  const query = useQuery();
  const name = (query.get('name') ?? 'overview') as 'overview';
  const days = Number(query.get('days') ?? 30) || 30;
  const category = query.get('category') ?? '';
  const step = (query.get('step') ?? (days > 120 ? 'month' : days > 45 ? 'week' : 'day')) as 'day';
  const compare = query.get('compare') !== 'no';
  const today = new Date();
  const range = { from: dayOf(new Date(today.getTime() - (days - 1) * DAY)), to: dayOf(today) };
  const categories = useDictionary('categories');
  const boards = useLoad(() => api('analytics', 'listDashboards'), []);
  const board = useLoad(
    () =>
      api('admin', 'getDashboard', {
        query: { name, ...range, step, timeZone: timeZone(), category: category || undefined },
      }),
    [name, days, step, category],
  );
  const all = boards.data?.items ?? [];
  const takesCategory = all.find((one) => one.name === name)?.filters.includes('category') ?? false;
  return (
    <>
      <AdminTabs at="/admin" />
      <div class="pair pair-3">
        <Select
          label={t('admin.board')}
          name="name"
          value={name}
          options={all.map((one) => [one.name, one.title])}
          onPick={(value) => changeQuery({ name: value, category: undefined })}
        />
        <Select
          label={t('admin.period')}
          name="days"
          value={String(days)}
          options={PERIODS.map((one) => [one, t('admin.days', { count: Number(one) })])}
          onPick={(value) => changeQuery({ days: value, step: undefined })}
        />
        <Select
          label={t('admin.step')}
          name="step"
          value={step}
          options={['day', 'week', 'month'].map((one) => [one, t(`step.${one}`)])}
          onPick={(value) => changeQuery({ step: value })}
        />
        {takesCategory && (
          <Select
            label={t('admin.category')}
            name="category"
            value={category}
            options={[['', t('admin.allCategories')], ...categories.options]}
            onPick={(value) => changeQuery({ category: value || undefined })}
          />
        )}
      </div>
      <div class="row">
        <Check
          label={t('admin.compare')}
          name="compare"
          checked={compare}
          onPick={(on) => changeQuery({ compare: on ? undefined : 'no' })}
        />
        <a href={`/admin/reports?report=${name === 'overview' ? 'users' : name}&from=${range.from}&to=${range.to}`}>
          {t('reports.make')}
        </a>
      </div>
      <Shown of={board}>
        {(data) => (
          <>
            {data.money && (
              <p class={data.money.balanced ? 'notice notice-good' : 'notice notice-bad'}>
                {t(data.money.balanced ? 'admin.balanced' : 'admin.unbalanced')} {t('books.transactions')}:{' '}
                {formatNumber(data.money.transactions)}. {t('books.escrow')}:{' '}
                {data.money.escrow.map(formatMoney).join(', ') || '—'}
              </p>
            )}
            {data.openEscalations > 0 && (
              <p class="notice">
                <a href="/admin/escalations">{t('admin.openEscalations', { count: data.openEscalations })}</a>
              </p>
            )}
            <ul class="cards cards-grid">
              {data.panels.map((panel) => (
                <PanelCard key={`${panel.metric} ${panel.currency ?? ''}`} panel={panel} compare={compare} />
              ))}
            </ul>
            {data.updatedAt && <p class="muted">{t('admin.updated', { at: formatTime(data.updatedAt) })}</p>}
          </>
        )}
      </Shown>
    </>
  );
}
