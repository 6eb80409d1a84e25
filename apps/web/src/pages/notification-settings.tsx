import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { pushState, turnPushOff, turnPushOn } from '../api/push.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { Check, Do, Field, Form, Select } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Problem, Shown } from '../ui/parts.tsx';
import { SettingsTabs } from '../ui/settings-tabs.tsx';

const CHANNELS = ['inApp', 'email', 'push'] as const;

/** What comes by which channel, when it may wait, push on this device, and whether others see one online. */
export function NotificationSettings() {
  useTitle(t('preferences.title'));
  return (
    <div class="narrow">
      <h1>{t('preferences.title')}</h1>
      <SettingsTabs at="/settings/notifications" />
      <Preferences />
      <PushHere />
      {can('messenger.read') && <PresenceSwitch />}
    </div>
  );
}

function Preferences() {
  const load = useLoad(() => api('notifications', 'getPreferences'), []);
  const [saved, setSaved] = useState(false);
  return (
    <Shown of={load}>
      {(data) => (
        <Form
          key={data.version}
          button={t('common.save')}
          submit={async (typed) => {
            const from = typed.text('from');
            const to = typed.text('to');
            const channels = (type: string) => ({
              inApp: typed.has(`${type}.inApp`),
              email: typed.has(`${type}.email`),
              push: typed.has(`${type}.push`),
            });
            load.set(
              await api('notifications', 'putPreferences', {
                version: data.version,
                body: {
                  types: data.types
                    .filter((one) => !one.critical)
                    .map(({ type }) => ({ type, channels: channels(type) })),
                  digest: typed.text('digest') as 'off',
                  quietHours: from && to ? { from, to } : null,
                },
              }),
            );
            setSaved(true);
          }}
        >
          <h2>{t('preferences.types')}</h2>
          {data.types.map((one) => (
            <fieldset class="checks checks-line" key={one.type} disabled={one.critical}>
              <legend>
                {one.title}
                {one.critical && <small class="muted"> {t('preferences.critical')}</small>}
              </legend>
              {CHANNELS.map((channel) => (
                <Check
                  key={channel}
                  label={t(`preferences.${channel}`)}
                  name={`${one.type}.${channel}`}
                  checked={one.channels[channel]}
                />
              ))}
            </fieldset>
          ))}
          <h2>{t('preferences.wait')}</h2>
          <p class="muted">{t('preferences.waitHint')}</p>
          <Select
            label={t('preferences.digest')}
            name="digest"
            value={data.digest}
            options={['off', 'hourly', 'daily', 'weekly'].map((one) => [one, t(`digest.${one}`)])}
          />
          <div class="pair">
            <Field
              label={t('preferences.quietFrom')}
              name="from"
              type="time"
              value={data.quietHours?.from ?? ''}
              required={false}
            />
            <Field
              label={t('preferences.quietTo')}
              name="to"
              type="time"
              value={data.quietHours?.to ?? ''}
              required={false}
            />
          </div>
          {saved && (
            <p role="status" class="notice notice-good">
              {t('common.saved')}
            </p>
          )}
        </Form>
      )}
    </Shown>
  );
}

function PushHere() {
  const state = useLoad(pushState, []);
  return (
    <section>
      <h2>{t('push.title')}</h2>
      {state.data === 'none' && <p class="muted">{t('push.none')}</p>}
      {state.data === 'refused' && <p class="notice">{t('push.refused')}</p>}
      {state.data === 'on' && (
        <p>
          {t('push.is')} <Do act={async () => state.set(await turnPushOff())}>{t('push.off')}</Do>
        </p>
      )}
      {state.data === 'off' && <Do act={async () => state.set(await turnPushOn())}>{t('push.on')}</Do>}
    </section>
  );
}

function PresenceSwitch() {
  const load = useLoad(() => api('messenger', 'getPresenceSettings'), []);
  return (
    <section>
      <h2>{t('presence.title')}</h2>
      <Problem problem={load.problem} />
      {load.data && (
        <label class="check">
          <input
            type="checkbox"
            checked={load.data.visible}
            onChange={async (event) => {
              const visible = event.currentTarget.checked;
              load.set(await api('messenger', 'putPresenceSettings', { body: { visible } }));
            }}
          />
          {t('presence.visible')}
        </label>
      )}
    </section>
  );
}
