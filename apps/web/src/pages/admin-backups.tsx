import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatAgo, formatSize, formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { useEvery, useLoad, useNews } from '../ui/hooks.ts';
import { Empty, Shown, Status } from '../ui/parts.tsx';
import { WithReason } from './order-actions.tsx';

/** Progress comes by the socket; a look finds what it did not say. */
const WHILE_RUNNING_MS = 30_000;
const load = () => api('admin', 'getBackups');
type Backups = Awaited<ReturnType<typeof load>>;
type Backup = Backups['items'][number];
type Task = Backups['tasks'][number];
const runs = (task: Task) => task.state === 'asked' || task.state === 'running';

/** Backups: made, verified, and a restoration prepared for the next start. */
export function AdminBackups() {
  useTitle(t('admin.backups'));
  const backups = useLoad(load, []);
  const running = backups.data?.tasks.find(runs);
  useNews('health', backups.reload);
  useEvery(WHILE_RUNNING_MS, running !== undefined, backups.reload);
  const asked = async (what: Promise<unknown>) => {
    await what;
    backups.reload();
  };
  return (
    <>
      <AdminTabs at="/admin/backups" />
      <p class="muted">{t('backups.about')}</p>
      <Shown of={backups}>
        {({ items, tasks, restoration }) => (
          <>
            {restoration && <Waiting restoration={restoration} done={backups.reload} />}
            {running ? (
              <Progress task={running} />
            ) : (
              can('admin.backups.make') && (
                <div class="row">
                  <Do kind="main" act={() => asked(api('admin', 'startBackup', { body: {} }))}>
                    {t('backups.make')}
                  </Do>
                </div>
              )
            )}
            {items.length === 0 ? (
              <Empty>
                <p>{t('backups.none')}</p>
              </Empty>
            ) : (
              <ul class="cards">
                {items.map((one) => (
                  <BackupCard key={one.name ?? one.madeAt} backup={one} busy={running !== undefined} asked={asked} />
                ))}
              </ul>
            )}
            <Recent tasks={tasks.filter((task) => !runs(task))} />
          </>
        )}
      </Shown>
    </>
  );
}

function Waiting({ restoration, done }: { restoration: Task; done: () => void }) {
  return (
    <div class="notice notice-bad" role="status">
      <strong>{t('backups.waiting', { name: restoration.backup ?? '' })}</strong>
      <p>{t('backups.waitingText')}</p>
      {can('admin.backups.restore') && (
        <WithReason
          title={t('backups.withdraw')}
          label={t('field.reason')}
          act={async (reason) => {
            await api('admin', 'withdrawRestoration', { body: { reason } });
            done();
          }}
        />
      )}
    </div>
  );
}

function Progress({ task }: { task: Task }) {
  const known = task.parts > 0;
  return (
    <div class="meter" role="status">
      <span>{t(`backupTask.${task.kind}`)}</span>
      <progress {...(known ? { max: task.parts, value: task.done } : {})} aria-label={t(`backupTask.${task.kind}`)} />
      {known && <small class="muted">{t('backups.parts', { done: task.done, parts: task.parts })}</small>}
    </div>
  );
}

function BackupCard({
  backup,
  busy,
  asked,
}: {
  backup: Backup;
  busy: boolean;
  asked: (what: Promise<unknown>) => Promise<void>;
}) {
  const { name, verification } = backup;
  return (
    <li class="card">
      <b>{formatTime(backup.madeAt)}</b>
      <p class="muted">
        {[
          formatSize(backup.bytes),
          t('backups.tables', { count: backup.tables }),
          t('backups.files', { count: backup.files }),
          backup.version && t('backups.version', { version: backup.version }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <p>
        {verification ? (
          <>
            <Status kind="backupResult" of={verification.result} />{' '}
            <small class="muted">{formatAgo(verification.at)}</small>
            {verification.fault && <span class="backup-fault">{verification.fault}</span>}
          </>
        ) : (
          <span class="muted">{t('backups.unverified')}</span>
        )}
      </p>
      {name === null ? (
        <p class="muted">{t('backups.elsewhere')}</p>
      ) : (
        <>
          {can('admin.backups.make') && (
            <div class="row">
              <Do
                disabled={busy}
                label={t('backups.verifyOne', { name })}
                act={() => asked(api('admin', 'verifyBackup', { params: { name } }))}
              >
                {t('backups.verify')}
              </Do>
            </div>
          )}
          {can('admin.backups.restore') && !busy && (
            <Fold title={t('backups.restore')} kind="fold-bad">
              <p>{t('backups.restoreText')}</p>
              <Form
                button={t('backups.prepare')}
                submit={(typed) =>
                  asked(
                    api('admin', 'restoreBackup', {
                      params: { name },
                      body: { confirm: typed.text('confirm'), reason: typed.text('reason') },
                    }),
                  )
                }
              >
                <Field label={t('backups.confirm', { name })} name="confirm" required maxLength={100} />
                <Field label={t('field.reason')} name="reason" rows={3} required minLength={3} maxLength={2000} />
              </Form>
            </Fold>
          )}
        </>
      )}
    </li>
  );
}

function Recent({ tasks }: { tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <section>
      <h2>{t('backups.recent')}</h2>
      <ul class="lines">
        {tasks.map((task) => (
          <li key={task.taskId}>
            <Status kind="backupState" of={task.state} /> {t(`backupTask.${task.kind}`)}
            {task.backup && <> · {task.backup}</>}{' '}
            <small class="muted">{formatAgo(task.endedAt ?? task.askedAt)}</small>
            {task.fault && <span class="backup-fault">{task.fault}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
