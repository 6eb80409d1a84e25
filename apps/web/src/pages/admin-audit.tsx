import { useState } from 'preact/hooks';
import { api, saveFile } from '../api/client.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatTime } from '../ui/format.ts';
import { Do, Field, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem, Status } from '../ui/parts.tsx';

/** The random end of an id tells it from its neighbours; its beginning is the time. */
const shortId = (id: string) => (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id) ? `…${id.slice(-12)}` : id.slice(0, 40));

export function AdminAudit() {
  useTitle(t('admin.audit'));
  const q = useQuery().get('q') ?? '';
  const [verdict, setVerdict] = useState<{ intact: boolean; entries: string }>();
  const pages = usePages((cursor) => api('admin', 'listAuditLog', { query: { cursor, q: q || undefined } }), [q]);
  return (
    <>
      <AdminTabs at="/admin/audit" />
      <Form class="search-line" button={t('common.find')} submit={async (typed) => changeQuery({ q: typed.text('q') })}>
        <Field
          label={t('audit.search')}
          name="q"
          type="search"
          value={q}
          minLength={2}
          maxLength={100}
          required={false}
        />
      </Form>
      <div class="row">
        <Do act={async () => setVerdict(await api('admin', 'verifyAuditLog'))}>{t('audit.verify')}</Do>
        <Do
          act={async () =>
            saveFile(await api('admin', 'exportAuditLog', { query: { q: q || undefined } }), 'audit-log.csv')
          }
        >
          CSV
        </Do>
        <Do
          act={async () =>
            saveFile(
              await api('admin', 'exportAuditLog', { query: { q: q || undefined, format: 'jsonl' } }),
              'audit-log.jsonl',
            )
          }
        >
          JSON
        </Do>
        {verdict && (
          <span role="status" class={verdict.intact ? 'plus' : 'minus'}>
            {t(verdict.intact ? 'audit.intact' : 'audit.broken', { count: Number(verdict.entries) })}
          </span>
        )}
      </div>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('audit.none')}</p>
        </Empty>
      )}
      {pages.items.length > 0 && (
        <div class="table-wrap">
          <table>
            <thead>
              <tr>
                <th class="num">№</th>
                <th>{t('field.date')}</th>
                <th>{t('audit.action')}</th>
                <th>{t('audit.target')}</th>
                <th>{t('field.reason')}</th>
                <th>{t('audit.outcome')}</th>
              </tr>
            </thead>
            <tbody>
              {pages.items.map((one) => (
                <tr key={one.number}>
                  <td class="num">{one.number}</td>
                  <td>
                    <time dateTime={one.at}>{formatTime(one.at)}</time>
                  </td>
                  <td>
                    <code>{one.action}</code>
                  </td>
                  <td>
                    {one.targetKind}{' '}
                    <small class="muted" title={one.targetId}>
                      {shortId(one.targetId)}
                    </small>
                  </td>
                  <td>{one.reason}</td>
                  <td>
                    <Status kind="outcome" of={one.outcome} />
                    {one.code && <small class="muted"> {one.code}</small>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
