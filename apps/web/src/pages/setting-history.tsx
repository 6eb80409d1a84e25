import type { z } from 'zod';
import type { settingView } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { formatTime } from '../ui/format.ts';
import { Fold } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { More, Shown } from '../ui/parts.tsx';
import { WithReason } from './order-actions.tsx';

type Setting = z.output<typeof settingView>;

/** All versions of a setting, what each changed, and the way back to it. */
export function SettingHistory({ setting, changed }: { setting: Setting; changed: () => void }) {
  return (
    <Fold title={t('settings.history')}>
      <Versions setting={setting} changed={changed} />
    </Fold>
  );
}

function Versions({ setting, changed }: { setting: Setting; changed: () => void }) {
  const { key, version } = setting;
  const pages = usePages(
    (cursor) => api('admin', 'getSettingHistory', { params: { key }, query: { cursor } }),
    [key, version],
  );
  return (
    <>
      <ol class="history">
        {pages.items.map((one) => (
          <li key={one.version}>
            <time class="muted" dateTime={one.actsFrom}>
              {formatTime(one.actsFrom)}
            </time>
            <div>
              <b>{t('settings.version', { version: one.version })}</b> <span class="muted">{one.reason}</span>
              {one.version > 1 && (
                <Fold title={t('settings.changes')}>
                  <Changes name={key} version={one.version} />
                </Fold>
              )}
              {can('admin.settings.edit') && one.version !== version && (
                <WithReason
                  title={t('settings.rollback')}
                  label={t('field.reason')}
                  act={async (reason) => {
                    await api('admin', 'rollBackSetting', {
                      params: { key },
                      version,
                      body: { version: one.version, reason },
                    });
                    changed();
                  }}
                />
              )}
            </div>
          </li>
        ))}
      </ol>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Changes({ name, version }: { name: string; version: number }) {
  const diff = useLoad(
    () => api('admin', 'diffSetting', { params: { key: name }, query: { from: version - 1, to: version } }),
    [name, version],
  );
  return (
    <Shown of={diff}>
      {({ changes }) => (
        <ul>
          {changes.length === 0 && <li class="muted">{t('settings.same')}</li>}
          {changes.map((one) => (
            <li key={one.path}>
              <code>{one.path || '/'}</code> <del>{JSON.stringify(one.before)}</del> →{' '}
              <ins>{JSON.stringify(one.after)}</ins>
            </li>
          ))}
        </ul>
      )}
    </Shown>
  );
}
