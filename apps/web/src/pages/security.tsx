import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatAgo } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { Passkeys } from './security-passkeys.tsx';
import { SettingsTabs } from '../ui/settings-tabs.tsx';

/** Password, second factors, sessions. */
export function Security() {
  useTitle(t('security.title'));
  const [codes, setCodes] = useState<readonly string[]>();
  const [round, setRound] = useState(0);
  return (
    <div class="narrow">
      <h1>{t('security.title')}</h1>
      <SettingsTabs at="/settings/security" />
      {codes && (
        <div class="notice notice-good" role="status">
          <strong>{t('security.codes')}</strong>
          <p>{t('security.codesText')}</p>
          <pre>{codes.join('\n')}</pre>
        </div>
      )}
      <Factors show={setCodes} key={`factors ${round}`} />
      <Passkeys
        changed={(made) => {
          if (made && made.length > 0) setCodes(made);
          setRound(round + 1);
        }}
      />
      <section>
        <h2>{t('security.password')}</h2>
        <Form
          reset
          button={t('security.change')}
          submit={(typed) =>
            api('auth', 'changePassword', { body: { current: typed.text('current'), next: typed.text('next') } })
          }
        >
          <Field
            label={t('security.current')}
            name="current"
            type="password"
            required
            autoComplete="current-password"
          />
          <Field
            label={t('reset.new')}
            name="next"
            type="password"
            required
            minLength={10}
            maxLength={200}
            autoComplete="new-password"
            hint={t('register.passwordHint')}
          />
        </Form>
      </section>
      <Email />
      <Phone />
      <Sessions />
    </div>
  );
}

function Factors({ show }: { show: (codes: readonly string[]) => void }) {
  const factors = useLoad(() => api('auth', 'listFactors'), []);
  const [totp, setTotp] = useState<{ secret: string; qr: string }>();
  const after = (answer?: { recoveryCodes: readonly string[] }) => {
    if (answer && answer.recoveryCodes.length > 0) show(answer.recoveryCodes);
    setTotp(undefined);
    factors.reload();
  };
  return (
    <section>
      <h2>{t('security.factors')}</h2>
      <Shown of={factors}>
        {(data) => (
          <ul class="list">
            {(['totp', 'email', 'sms'] as const).map((kind) => (
              <li key={kind} class="line">
                <span class="line-main">
                  <b>{t(`factor.${kind}`)}</b>
                </span>
                {data.factors.includes(kind) ? (
                  <Do
                    kind="bad"
                    confirm={t('security.offSure')}
                    act={async () => {
                      await api('auth', 'disableFactor', { params: { kind } });
                      after();
                    }}
                  >
                    {t('security.off')}
                  </Do>
                ) : kind === 'totp' ? (
                  <Do act={async () => setTotp(await api('auth', 'startTotp'))}>{t('security.on')}</Do>
                ) : (
                  <Do act={async () => after(await api('auth', 'enableFactor', { params: { kind } }))}>
                    {t('security.on')}
                  </Do>
                )}
              </li>
            ))}
            {data.trustedDevices > 0 && (
              <li class="line">
                <span class="line-main">{t('security.trusted', { count: data.trustedDevices })}</span>
                <Do
                  act={async () => {
                    await api('auth', 'forgetTrustedDevices');
                    after();
                  }}
                >
                  {t('security.forget')}
                </Do>
              </li>
            )}
            {data.factors.length > 0 && (
              <li class="line">
                <span class="line-main">{t('security.codesLeft', { count: data.recoveryCodesLeft })}</span>
                <Do act={async () => after(await api('auth', 'renewRecoveryCodes'))}>{t('security.renew')}</Do>
              </li>
            )}
          </ul>
        )}
      </Shown>
      {totp && (
        <div class="card">
          <p>{t('security.scan')}</p>
          {totp.qr.startsWith('data:') && (
            <img src={totp.qr} alt={t('security.qr')} width={200} height={200} class="qr" />
          )}
          <p>
            <code>{totp.secret}</code>
          </p>
          <Form
            button={t('security.on')}
            submit={async (typed) => after(await api('auth', 'confirmTotp', { body: { code: typed.text('code') } }))}
          >
            <Field
              label={t('signIn.factorCode')}
              name="code"
              required
              inputMode="numeric"
              autoComplete="one-time-code"
            />
          </Form>
        </div>
      )}
    </section>
  );
}

/** Another address: it counts once the code that went there is given. */
function Email() {
  const [email, setEmail] = useState<string>();
  const [done, setDone] = useState(false);
  return (
    <Fold title={t('security.email')}>
      {done && (
        <p class="notice notice-good" role="status">
          {t('common.saved')}
        </p>
      )}
      {email === undefined ? (
        <Form
          button={t('signIn.sendCode')}
          submit={async (typed) => {
            await api('auth', 'changeEmail', { body: { email: typed.text('email') } });
            setDone(false);
            setEmail(typed.text('email'));
          }}
        >
          <Field label={t('security.newEmail')} name="email" type="email" required autoComplete="email" />
        </Form>
      ) : (
        <Form
          button={t('confirm.button')}
          submit={async (typed) => {
            await api('auth', 'confirmNewEmail', { body: { code: typed.text('code') } });
            setEmail(undefined);
            setDone(true);
          }}
        >
          <p>{t('security.codeTo', { email })}</p>
          <Field label={t('confirm.code')} name="code" required inputMode="numeric" autoComplete="one-time-code" />
        </Form>
      )}
    </Fold>
  );
}

function Phone() {
  const [asked, setAsked] = useState(false);
  return (
    <Fold title={t('security.phone')}>
      {asked ? (
        <Form
          button={t('confirm.button')}
          submit={async (typed) => {
            await api('auth', 'confirmPhone', { body: { code: typed.text('code') } });
            setAsked(false);
          }}
        >
          <Field label={t('confirm.code')} name="code" required inputMode="numeric" autoComplete="one-time-code" />
        </Form>
      ) : (
        <Form
          button={t('signIn.sendCode')}
          submit={async (typed) => {
            await api('auth', 'changePhone', { body: { phone: typed.text('phone') } });
            setAsked(true);
          }}
        >
          <Field
            label={t('field.phone')}
            name="phone"
            type="tel"
            required
            placeholder="+79161234567"
            autoComplete="tel"
          />
        </Form>
      )}
    </Fold>
  );
}

function Sessions() {
  const sessions = useLoad(() => api('auth', 'listSessions'), []);
  return (
    <section>
      <div class="head">
        <h2>{t('security.sessions')}</h2>
        <Do
          act={async () => {
            await api('auth', 'endOtherSessions');
            sessions.reload();
          }}
        >
          {t('security.endOthers')}
        </Do>
      </div>
      <Shown of={sessions}>
        {(data) => (
          <ul class="list">
            {data.items.map((one) => (
              <li key={one.sessionId} class="line">
                <span class="line-main">
                  <b>{one.device}</b>
                  <small class="muted">
                    {one.place} · {formatAgo(one.lastUsedAt)}
                  </small>
                </span>
                {one.current ? (
                  <span class="status status-good">{t('security.here')}</span>
                ) : (
                  <Do
                    act={async () => {
                      await api('auth', 'endSession', { params: { sessionId: one.sessionId } });
                      sessions.reload();
                    }}
                  >
                    {t('security.end')}
                  </Do>
                )}
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </section>
  );
}
