import type { z } from 'zod';
import type { settingView } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatMoney, formatTime, fromMinor, toMinor } from '../ui/format.ts';
import { Field, Fold, Form, type Typed } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { SettingHistory } from './setting-history.tsx';

type Setting = z.output<typeof settingView>;
interface Money {
  amount: string;
  currency: string;
}

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
                <Value of={one.inForce.value} />
                <small class="muted">
                  {t('settings.since', { at: formatTime(one.inForce.actsFrom) })} · {one.inForce.reason}
                </small>
                {one.planned.map((plan) => (
                  <div key={plan.version} class="notice">
                    {t('settings.planned', { at: formatTime(plan.actsFrom) })} <Value of={plan.value} />
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

const isMoney = (value: unknown): value is Money =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;
const isCommission = (value: unknown): value is { bps: number; min: Money; byCategory: Record<string, number> } =>
  typeof value === 'object' && value !== null && 'bps' in value;

function Value({ of }: { of: unknown }) {
  if (isMoney(of)) return <b class="sum">{formatMoney(of)}</b>;
  if (isCommission(of))
    return (
      <b class="sum">
        {of.bps / 100} %{of.min.amount !== '0' && `, ${t('settings.min', { sum: formatMoney(of.min) })}`}
      </b>
    );
  return <pre class="json">{JSON.stringify(of, null, 2)}</pre>;
}

function Change({ setting, changed }: { setting: Setting; changed: () => void }) {
  const { value } = setting.inForce;
  return (
    <Fold title={t('settings.change')}>
      <Form
        button={t('settings.change')}
        submit={async (typed) => {
          const from = typed.text('from');
          await api('admin', 'putSetting', {
            params: { key: setting.key },
            version: setting.version,
            body: {
              value: newValue(typed, value),
              actsFrom: from ? new Date(from).toISOString() : null,
              reason: typed.text('reason'),
            },
          });
          changed();
        }}
      >
        {isMoney(value) ? (
          <Field
            label={`${t('field.amount')}, ${value.currency}`}
            name="amount"
            inputMode="decimal"
            value={fromMinor(value.amount, value.currency)}
            required
          />
        ) : isCommission(value) ? (
          <div class="pair">
            <Field
              label={t('settings.percent')}
              name="percent"
              inputMode="decimal"
              value={String(value.bps / 100)}
              required
            />
            <Field
              label={`${t('settings.minimum')}, ${value.min.currency}`}
              name="amount"
              inputMode="decimal"
              value={fromMinor(value.min.amount, value.min.currency)}
              required
            />
          </div>
        ) : (
          <Field label={t('settings.json')} name="json" rows={6} value={JSON.stringify(value, null, 2)} required />
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

/** The new value in the shape of the old one; what can't be read goes as it is, and the server says what is wrong. */
function newValue(typed: Typed, old: unknown): unknown {
  const money = (currency: string) => ({
    amount: toMinor(typed.text('amount'), currency) ?? typed.text('amount'),
    currency,
  });
  if (isMoney(old)) return money(old.currency);
  if (isCommission(old))
    return {
      ...old,
      bps: Math.round(Number(typed.text('percent').replace(',', '.')) * 100),
      min: money(old.min.currency),
    };
  try {
    return JSON.parse(typed.text('json'));
  } catch {
    return typed.text('json');
  }
}
