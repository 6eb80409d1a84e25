import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { Chart } from './chart.tsx';
import { formatDuration, formatMoney, formatNumber, formatShare } from './format.ts';
import { useLoad } from './hooks.ts';
import { Facts, Shown } from './parts.tsx';

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/Moscow';

/** A person's own figures beside the lists of orders and work. */
export function OwnStatistics({ as }: { as: 'client' | 'freelancer' }) {
  const figures = useLoad(() => api('analytics', 'getOwnStatistics', { query: { timeZone } }), []);
  return (
    <details class="fold">
      <summary>{t('own.title')}</summary>
      <Shown of={figures}>
        {({ asFreelancer: work, asClient: spending, months }) => (
          <>
            <Facts
              items={
                as === 'freelancer'
                  ? [
                      [t('own.views'), formatNumber(work.views)],
                      [t('own.responses'), formatNumber(work.responses)],
                      work.responseRate !== null && [t('own.responseRate'), formatShare(work.responseRate / 1000)],
                      [t('own.chosen'), formatNumber(work.hires)],
                      work.responses > 0 && [t('own.share'), formatShare(work.hires / work.responses)],
                      [t('own.done'), formatNumber(work.completed)],
                      [t('own.income'), work.income.map(formatMoney).join(', ') || '—'],
                    ]
                  : [
                      [t('own.orders'), formatNumber(spending.orders)],
                      [t('own.published'), formatNumber(spending.published)],
                      [t('own.hires'), formatNumber(spending.hires)],
                      spending.timeToHire !== null && [t('own.timeToHire'), formatDuration(spending.timeToHire)],
                      [t('own.completed'), formatNumber(spending.completed)],
                      [t('own.spent'), spending.spent.map(formatMoney).join(', ') || '—'],
                    ]
              }
            />
            {months.some((month) => month[as === 'freelancer' ? 'income' : 'spent'].length > 0) && (
              <Chart data={byMonth(months, as === 'freelancer' ? 'income' : 'spent')} />
            )}
          </>
        )}
      </Shown>
    </details>
  );
}

type Months = Awaited<ReturnType<typeof api<'analytics', 'getOwnStatistics'>>>['months'];

/** The last twelve months in one's main currency: sums of several have no common axis. */
function byMonth(months: Months, of: 'income' | 'spent') {
  const currency = months.flatMap((month) => month[of])[0]?.currency ?? 'RUB';
  const sums = months.map((month) => month[of].find((one) => one.currency === currency)?.amount ?? '0');
  const title = `${t(of === 'income' ? 'own.income' : 'own.spent')}, ${currency}`;
  return {
    title: `${t('own.byMonth')}: ${title}`,
    steps: months.map((month) => month.month),
    series: [{ name: title, values: sums.map(Number) }],
    show: (value: number) => formatMoney({ amount: String(Math.round(value)), currency }),
  };
}
