import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatAgo, formatTime } from '../ui/format.ts';
import { Do, Fold } from '../ui/form.tsx';
import { useEvery, useLoad, useNews } from '../ui/hooks.ts';
import { Empty, Facts, Shown, Status } from '../ui/parts.tsx';
import { WithReason } from './order-actions.tsx';

/** What nobody announces (a process that was killed, a queue that grows) is seen by looking. */
const LOOK_MS = 120_000;
type Letters = { service: 'orders' };

/** Health of every service, its outbox, queue and dead letters, and the last backup. */
export function AdminHealth() {
  useTitle(t('admin.health'));
  const health = useLoad(() => api('admin', 'getHealth'), []);
  const letters = useQuery().get('letters');
  useNews('health', health.reload);
  useEvery(LOOK_MS, !document.hidden, health.reload);
  return (
    <>
      <AdminTabs at="/admin/health" />
      <Shown of={health}>
        {(data) => (
          <>
            <Facts
              items={[
                [t('health.platform'), <Status key="all" kind="health" of={data.ready ? 'well' : 'ill'} />],
                [t('health.transport'), <Status key="bus" kind="health" of={data.transport ? 'well' : 'ill'} />],
                [t('health.database'), <Status key="db" kind="health" of={data.database ? 'well' : 'ill'} />],
                [t('health.backup'), <LastBackup key="backup" at={data.lastBackupAt} />],
                [t('health.checked'), formatTime(data.checkedAt)],
              ]}
            />
            <div class="table-wrap">
              <table>
                <thead>
                  <tr>
                    <th>{t('health.service')}</th>
                    <th>{t('field.status')}</th>
                    <th class="num">{t('health.outbox')}</th>
                    <th class="num">{t('health.queue')}</th>
                    <th class="num">{t('health.dead')}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.services.map((one) => (
                    <tr key={one.service}>
                      <td>{one.service}</td>
                      <td>
                        <Status kind="health" of={one.answering ? 'well' : 'ill'} />
                      </td>
                      <td class="num">
                        {one.outbox ?? '—'}
                        {one.oldestAt && <small class="muted"> {formatAgo(one.oldestAt)}</small>}
                      </td>
                      <td class="num">{one.waiting ?? '—'}</td>
                      <td class="num">
                        {one.dead && can('admin.dead-letters.view') ? (
                          <a
                            href={`/admin/health?letters=${one.service}`}
                            aria-label={t('health.lettersOf', { service: one.service })}
                          >
                            {one.dead}
                          </a>
                        ) : (
                          (one.dead ?? '—')
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Shown>
      {letters && can('admin.dead-letters.view') && <DeadLetters service={letters as Letters['service']} />}
    </>
  );
}

function LastBackup({ at }: { at: string | null }) {
  const words = at ? formatAgo(at) : t('health.never');
  return can('admin.backups.view') ? <a href="/admin/backups">{words}</a> : <>{words}</>;
}

function DeadLetters({ service }: { service: Letters['service'] }) {
  const letters = useLoad(() => api('admin', 'listDeadLetters', { query: { service } }), [service]);
  useNews('health', letters.reload);
  return (
    <section>
      <h2>{t('health.lettersOf', { service })}</h2>
      <Do kind="link" act={async () => changeQuery({ letters: '' })}>
        {t('common.cancel')}
      </Do>
      <Shown of={letters}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <p>{t('health.noLetters')}</p>
            </Empty>
          ) : (
            <ul class="cards">
              {items.map((one) => {
                const params = { service, letterId: one.id };
                return (
                  <li key={one.id} class="card">
                    <code>{one.type}</code>
                    <p>{one.reason}</p>
                    <small class="muted">
                      {formatTime(one.deadAt)} · {t('health.attempts', { count: one.attempts })}
                    </small>
                    <Fold title={t('health.body')}>
                      <Body service={service} letterId={one.id} />
                    </Fold>
                    {can('admin.dead-letters.manage') && (
                      <div class="row">
                        <Do
                          act={async () => {
                            await api('admin', 'replayDeadLetter', { params, body: {} });
                            letters.reload();
                          }}
                        >
                          {t('health.replay')}
                        </Do>
                        <WithReason
                          title={t('health.discard')}
                          label={t('field.reason')}
                          act={async (reason) => {
                            await api('admin', 'discardDeadLetter', { params, body: { reason } });
                            letters.reload();
                          }}
                        />
                      </div>
                    )}
                  </li>
                );
              })}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

function Body(params: { service: Letters['service']; letterId: string }) {
  const letter = useLoad(() => api('admin', 'getDeadLetter', { params }), [params.letterId]);
  return <Shown of={letter}>{(data) => <pre class="json">{data.body}</pre>}</Shown>;
}
