import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { settingView } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatTime } from '../ui/format.ts';
import { Check, Field, Fold, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { readSchema, type Schema, SchemaFields, SchemaValue } from '../ui/schema-form.tsx';
import { SettingHistory } from './setting-history.tsx';

type Setting = z.output<typeof settingView>;
/** Settings: the value in force, what is planned, a new one from a date on. */
export function AdminSettings() {
  useTitle(t('admin.settings'));
  const settings = useLoad(() => api('admin', 'listSettings'), []);
  return (
    <>
      <AdminTabs at="/admin/settings" />
      <Shown of={settings}>
        {(data) => (
          <ul class="cards">
            {data.items.map((one) => (
              <li key={one.key} class="card">
                <span class="kicker">{one.key}</span>
                <h3>{one.title}</h3>
                <SchemaValue schema={one.schema} value={one.inForce.value} />
                <small class="muted">
                  {t('settings.since', { at: formatTime(one.inForce.actsFrom) })} ·{' '}
                  {one.inForce.actorId === null ? t('settings.shipped') : one.inForce.reason}
                </small>
                {one.planned.map((plan) => (
                  <div key={plan.version} class="notice">
                    {t('settings.planned', { at: formatTime(plan.actsFrom) })}{' '}
                    <SchemaValue schema={one.schema} value={plan.value} />
                  </div>
                ))}
                <SettingHistory setting={one} changed={settings.reload} />
                {can('admin.settings.edit') && <Change setting={one} changed={settings.reload} key={one.version} />}
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </>
  );
}

function Change({ setting, changed }: { setting: Setting; changed: () => void }) {
  const { value } = setting.inForce;
  const schema: Schema = setting.schema;
  const [asJson, setAsJson] = useState(false);
  return (
    <Fold title={t('settings.change')}>
      <Check label={t('settings.asJson')} name="as-json" checked={asJson} onPick={setAsJson} />
      <Form
        button={t('settings.change')}
        submit={async (typed) => {
          const from = typed.text('from');
          await api('admin', 'putSetting', {
            params: { key: setting.key },
            version: setting.version,
            body: {
              value: asJson ? readJson(typed.text('json')) : readSchema(schema, typed, value),
              actsFrom: from ? new Date(from).toISOString() : null,
              reason: typed.text('reason'),
            },
          });
          changed();
        }}
      >
        {asJson ? (
          <Field label={t('settings.json')} name="json" rows={8} value={JSON.stringify(value, null, 2)} required />
        ) : (
          <SchemaFields schema={schema} value={value} />
        )}
        <Field
          label={t('settings.from')}
          name="from"
          type="datetime-local"
          hint={t('settings.fromHint')}
          required={false}
        />
        <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={2000} />
      </Form>
    </Fold>
  );
}

/** What can't be read goes as it is, and the server says what is wrong. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
