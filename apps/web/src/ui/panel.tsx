import type { z } from 'zod';
import type { panel } from '#contracts/analytics/http.ts';
import { t } from '../i18n.ts';
import { Chart } from './chart.tsx';
import { formatDuration, formatMoney, formatNumber, formatShare } from './format.ts';

type Panel = z.output<typeof panel>;

function shown(value: string, unit: string, currency = 'RUB'): string {
  if (unit === 'money') return formatMoney({ amount: value, currency });
  const number = Number(value);
  if (unit === 'share') return formatShare(number / 1000);
  if (unit === 'seconds') return formatDuration(number);
  return formatNumber(unit === 'mark' ? number / 1000 : number);
}

/** How much more or less than before, in per cent; nothing beside nothing. */
function change(total: string | null, previous: string): string {
  const before = Number(previous);
  if (total === null || before === 0) return '';
  const share = (Number(total) - before) / Math.abs(before);
  return ` (${share > 0 ? '+' : ''}${formatShare(share)})`;
}

/** One figure of a dashboard, as the data says it is best shown. */
export function PanelCard({ panel: one, compare }: { panel: Panel; compare: boolean }) {
  const show = (value: string | number) => shown(String(Math.round(Number(value))), one.unit, one.currency);
  const some = one.points.some((point) => point.value !== '0');
  return (
    <li class={`card panel panel-${one.kind}`}>
      <span class="kicker">{one.title}</span>
      {one.total !== null && <b class="balance">{shown(one.total, one.unit, one.currency)}</b>}
      {compare && one.previous !== null && (
        <small class="muted">
          {t('admin.previous', { value: shown(one.previous, one.unit, one.currency) })}
          {change(one.total, one.previous)}
        </small>
      )}
      {one.formula && <small class="muted">{one.formula}</small>}
      {one.filtered === false && <small class="muted">{t('admin.allCategories')}</small>}
      {one.kind === 'series' && some && (
        <Chart
          data={{
            title: one.title,
            steps: one.points.map((point) => point.at.slice(0, 10)),
            series: [{ name: one.title, values: one.points.map((point) => Number(point.value)) }],
            show,
          }}
        />
      )}
      {one.parts.length > 0 && (
        <Chart
          head={one.title}
          data={{
            title: one.title,
            steps: one.parts.map((part) => part.title),
            series: [{ name: one.title, values: one.parts.map((part) => Number(part.value)) }],
            lying: true,
            show,
          }}
        />
      )}
      {one.cohorts && <Cohorts of={one.cohorts} />}
      {one.total === null && one.parts.length === 0 && !one.cohorts && <span class="muted">{t('admin.noData')}</span>}
    </li>
  );
}

/** Of who came in a month, the share active in it and in each month after. */
function Cohorts({ of }: { of: NonNullable<Panel['cohorts']> }) {
  if (of.length === 0) return <span class="muted">{t('admin.noData')}</span>;
  const width = Math.max(...of.map((cohort) => cohort.active.length), 1);
  return (
    <div class="table-wrap">
      <table class="cohorts">
        <thead>
          <tr>
            <th>{t('admin.cohort')}</th>
            <th class="num">{t('admin.cohortSize')}</th>
            {Array.from({ length: width }, (_, month) => (
              <th key={month} class="num">
                {month}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.map((cohort) => (
            <tr key={cohort.month}>
              <td>{cohort.month}</td>
              <td class="num">{formatNumber(cohort.registered)}</td>
              {cohort.active.map((active, month) => {
                const share = cohort.registered === 0 ? 0 : active / cohort.registered;
                return (
                  <td key={month} class="num cohort" style={{ '--share': `${Math.round(share * 100)}%` }}>
                    {formatShare(share)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
