import type { z } from 'zod';
import type { scheduleView } from '#contracts/analytics/reports.ts';
import { api } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { Check, Do, Field, Fold, Form, type Option, Picker, Select } from './form.tsx';
import { formatTime } from './format.ts';
import { useLoad } from './hooks.ts';
import { Empty, Shown } from './parts.tsx';

type Schedule = z.output<typeof scheduleView>;
const REPORTS = ['users', 'orders', 'finance', 'support'];
const FORMATS = ['pdf', 'xlsx', 'csv'];

/** Reports that go out by mail by themselves, each recipient's in his language and time zone. */
export function ReportSchedules() {
  const schedules = useLoad(() => api('analytics', 'listReportSchedules'), []);
  const recipients = useLoad(() => api('analytics', 'listReportRecipients'), []);
  const people: Option[] = (recipients.data?.items ?? []).map((one) => [one.userId, one.displayName]);
  return (
    <section>
      <h2>{t('schedules.title')}</h2>
      <p class="muted">{t('schedules.text')}</p>
      <Shown of={schedules}>
        {(data) => (
          <>
            {data.items.length === 0 && <Empty>{t('schedules.none')}</Empty>}
            <ul class="cards">
              {data.items.map((one) => (
                <li key={one.scheduleId} class="card">
                  <b>{one.name}</b>
                  <small class="muted">
                    {t(`board.${one.report}`)} · {one.format.toUpperCase()} · {t(`schedules.every.${one.every}`)} ·{' '}
                    {one.nextAt ? t('schedules.next', { at: formatTime(one.nextAt) }) : t('schedules.off')}
                  </small>
                  <small>
                    {one.recipientIds
                      .map((id) => people.find(([userId]) => userId === id)?.[1] ?? t('person.unknown'))
                      .join(', ')}
                  </small>
                  <Fold title={t('schedules.change')}>
                    <Fields schedule={one} people={people} done={schedules.reload} key={one.version} />
                    <Do
                      kind="bad"
                      confirm={t('schedules.deleteSure')}
                      act={async () => {
                        await api('analytics', 'deleteReportSchedule', { params: { scheduleId: one.scheduleId } });
                        schedules.reload();
                      }}
                    >
                      {t('reports.delete')}
                    </Do>
                  </Fold>
                </li>
              ))}
            </ul>
            <Fold title={t('schedules.new')}>
              <Fields schedule={undefined} people={people} done={schedules.reload} key={data.items.length} />
            </Fold>
          </>
        )}
      </Shown>
    </section>
  );
}

function Fields({
  schedule,
  people,
  done,
}: {
  schedule: Schedule | undefined;
  people: readonly Option[];
  done: () => void;
}) {
  const categories = useDictionary('categories');
  return (
    <Form
      button={t('common.save')}
      submit={async (typed) => {
        const body = {
          name: typed.text('name'),
          report: typed.text('report') as 'users',
          format: typed.text('format') as 'pdf',
          every: typed.text('every') as 'week',
          hour: Number(typed.text('hour')),
          timeZone: schedule?.timeZone ?? (Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/Moscow'),
          category: typed.text('category') || null,
          recipientIds: typed.all('recipients'),
          enabled: typed.has('enabled'),
        };
        if (schedule)
          await api('analytics', 'changeReportSchedule', {
            params: { scheduleId: schedule.scheduleId },
            version: schedule.version,
            body,
          });
        else await api('analytics', 'createReportSchedule', { body });
        done();
      }}
    >
      <Field label={t('schedules.name')} name="name" value={schedule?.name} required maxLength={100} />
      <div class="pair pair-3">
        <Select
          label={t('reports.about')}
          name="report"
          value={schedule?.report ?? 'finance'}
          options={REPORTS.map((one) => [one, t(`board.${one}`)])}
        />
        <Select
          label={t('schedules.rhythm')}
          name="every"
          value={schedule?.every ?? 'week'}
          options={['week', 'month'].map((one) => [one, t(`schedules.every.${one}`)])}
        />
        <Field
          label={t('schedules.hour')}
          name="hour"
          type="number"
          min={0}
          max={23}
          value={String(schedule?.hour ?? 9)}
          required
        />
        <Select
          label={t('reports.format')}
          name="format"
          value={schedule?.format ?? 'pdf'}
          options={FORMATS.map((one) => [one, one.toUpperCase()])}
        />
        <Select
          label={t('admin.category')}
          name="category"
          value={schedule?.category ?? ''}
          options={[['', t('admin.allCategories')], ...categories.options]}
        />
      </div>
      <Picker
        label={t('schedules.recipients')}
        name="recipients"
        options={[...people]}
        value={schedule?.recipientIds ?? []}
        max={20}
      />
      <Check label={t('schedules.on')} name="enabled" checked={schedule?.enabled ?? true} />
    </Form>
  );
}
