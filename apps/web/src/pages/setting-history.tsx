import type { z } from 'zod';
import type { settingView } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { VersionHistory } from './version-history.tsx';

type Setting = z.output<typeof settingView>;

export function SettingHistory({ setting, changed }: { setting: Setting; changed: () => void }) {
  const { key, version } = setting;
  const params = { key };
  return (
    <VersionHistory
      of={{
        version,
        first: 1,
        load: (cursor) => api('admin', 'getSettingHistory', { params, query: { cursor } }),
        diff: (from, to) => api('admin', 'diffSetting', { params, query: { from, to } }),
        at: (one) => one.actsFrom,
        ...(can('admin.settings.edit') && {
          goBack: async (to, reason) => {
            await api('admin', 'rollBackSetting', { params, version, body: { version: to, reason } });
            changed();
          },
        }),
      }}
    />
  );
}
