import { api, saveFile } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { currentLocale, t } from '../i18n.ts';
import { useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { Do, Field, Form, Select } from '../ui/form.tsx';
import { formatDate, formatSize, formatTime } from '../ui/format.ts';
import { useEvery, useNews, usePages } from '../ui/hooks.ts';
import { Empty, More, Problem, Status } from '../ui/parts.tsx';
import { ReportSchedules } from '../ui/report-schedules.tsx';

export const REPORTS = ['users', 'orders', 'finance', 'support'] as const;
export const FORMATS = ['pdf', 'xlsx', 'csv'] as const;
const DAY = 86_400_000;
const dayOf = (at: Date) => at.toLocaleDateString('en-CA');

/** Reports: made on demand, with their progress as it goes; sent on schedule. */
export function AdminReports() {
  useTitle(t('reports.title'));
  const query = useQuery();
  const categories = useDictionary('categories');
  const list = usePages((cursor) => api('analytics', 'listReports', { query: { cursor, limit: 10 } }), []);
  const running = list.items.some((one) => one.state === 'queued' || one.state === 'running');
  useNews('report', list.reload);
  // The socket may be away: then it is asked for.
  useEvery(30_000, running, list.reload);
  const today = new Date();
  return (
    <>
      <AdminTabs at="/admin/reports" />
      <section class="card">
        <h2>{t('reports.new')}</h2>
        <Form
          button={t('reports.make')}
          submit={async (typed) => {
            await api('analytics', 'requestReport', {
              body: {
                report: typed.text('report') as 'users',
                format: typed.text('format') as 'pdf',
                from: typed.text('from'),
                to: typed.text('to'),
                step: typed.text('step') as 'day',
                timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/Moscow',
                locale: currentLocale(),
                category: typed.text('category') || null,
              },
            });
            list.reload();
          }}
        >
          <div class="pair pair-3">
            <Select
              label={t('reports.about')}
              name="report"
              value={query.get('report') ?? 'finance'}
              options={REPORTS.map((one) => [one, t(`board.${one}`)])}
            />
            <Field
              label={t('reports.from')}
              name="from"
              type="date"
              value={query.get('from') ?? dayOf(new Date(today.getTime() - 29 * DAY))}
              required
            />
            <Field label={t('reports.to')} name="to" type="date" value={query.get('to') ?? dayOf(today)} required />
            <Select
              label={t('admin.step')}
              name="step"
              value="day"
              options={['day', 'week', 'month'].map((one) => [one, t(`step.${one}`)])}
            />
            <Select
              label={t('admin.category')}
              name="category"
              value=""
              options={[['', t('admin.allCategories')], ...categories.options]}
            />
            <Select
              label={t('reports.format')}
              name="format"
              value="pdf"
              options={FORMATS.map((one) => [one, one.toUpperCase()])}
            />
          </div>
        </Form>
      </section>
      <h2>{t('reports.made')}</h2>
      <Problem problem={list.problem} />
      {list.data && list.items.length === 0 && <Empty>{t('reports.none')}</Empty>}
      <ul class="cards">
        {list.items.map((one) => (
          <li key={one.reportId} class="card">
            <b>
              {t(`board.${one.report}`)}, {formatDate(one.from)} – {formatDate(one.to)}
            </b>
            <small class="muted">
              {one.format.toUpperCase()} · {formatTime(one.createdAt)} · {one.timeZone}
              {one.category && ` · ${categories.title(one.category)}`}
              {one.scheduleId && ` · ${t('reports.bySchedule')}`}
            </small>
            {(one.state === 'queued' || one.state === 'running') && (
              <>
                <progress max={100} value={one.percent} aria-label={t('reports.progress')} />
                <small role="status">{one.percent} %</small>
              </>
            )}
            {one.state === 'failed' && <Status of="failed" kind="reportState" />}
            {one.state === 'done' && (
              <div class="row">
                <Do
                  act={async () =>
                    saveFile(
                      await api('analytics', 'downloadReport', { params: { reportId: one.reportId } }),
                      one.fileName,
                    )
                  }
                >
                  {t('reports.download')} ({formatSize(one.size ?? 0)})
                </Do>
                <Do
                  kind="link"
                  act={async () => {
                    await api('analytics', 'deleteReport', { params: { reportId: one.reportId } });
                    list.reload();
                  }}
                >
                  {t('reports.delete')}
                </Do>
                {one.expiresAt && (
                  <small class="muted">{t('reports.keptUntil', { at: formatDate(one.expiresAt) })}</small>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
      <More act={list.more} busy={list.busy} />
      <ReportSchedules />
    </>
  );
}
