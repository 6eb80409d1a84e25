import { useEffect, useRef, useState } from 'preact/hooks';
import { api, onFreshSignIn } from '../api/client.ts';
import { answerWithPasskey, passkeysWork } from '../api/passkeys.ts';
import { takeSession } from '../api/session.ts';
import { t } from '../i18n.ts';
import { Do, Field, Form, Select } from './form.tsx';
import { useLoad } from './hooks.ts';
import { Shown } from './parts.tsx';
import { SendCode } from './send-code.tsx';

/** Asks for the password again, or a passkey, when a sensitive act wants a fresh sign-in. */
export function StepUp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [answer, setAnswer] = useState<{ give: (ok: boolean) => void }>();
  useEffect(() => {
    onFreshSignIn(
      () =>
        new Promise((resolve) => {
          setAnswer({ give: resolve });
          dialog.current?.showModal();
        }),
    );
  }, []);
  const end = (ok: boolean) => {
    answer?.give(ok);
    setAnswer(undefined);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} class="dialog" onCancel={() => end(false)} aria-label={t('stepUp.title')}>
      <h2>{t('stepUp.title')}</h2>
      {answer && <Ways done={() => end(true)} />}
      <button type="button" class="button-link" onClick={() => end(false)}>
        {t('common.cancel')}
      </button>
    </dialog>
  );
}

type Code = 'totp' | 'email' | 'sms' | 'recovery';

function Ways({ done }: { done: () => void }) {
  const factors = useLoad(() => api('auth', 'listFactors'), []);
  const [picked, setPicked] = useState<Code>();
  // Before the address is confirmed there are no factors, and their list is refused.
  if (factors.problem) return <ByPassword factor={undefined} done={done} quiet={false} />;
  return (
    <Shown of={factors}>
      {(data) => {
        const passkey = passkeysWork && data.factors.includes('passkey');
        const codes = data.factors.filter((one): one is Code => one !== 'passkey');
        // With a passkey as the only factor a recovery code stands in for it.
        if (data.factors.length > 0 && data.recoveryCodesLeft > 0 && !codes.includes('recovery'))
          codes.push('recovery');
        const factor = picked ?? codes[0];
        return (
          <div class="form">
            {passkey && (
              <>
                <Do
                  kind="main"
                  act={async () => {
                    const begun = await api('auth', 'startElevationPasskey', { body: {} });
                    const body = { passkey: await answerWithPasskey(begun) };
                    takeSession(await api('auth', 'elevateSession', { body }));
                    done();
                  }}
                >
                  {t('signIn.passkeyButton')}
                </Do>
                <span class="muted">{t('signIn.or')}</span>
              </>
            )}
            <p>{t('stepUp.text')}</p>
            {codes.length > 1 && (
              <Select
                label={t('signIn.factor')}
                name="factor"
                value={factor}
                options={codes.map((one) => [one, t(`factor.${one}`)])}
                onPick={(value) => setPicked(value as Code)}
              />
            )}
            {(factor === 'email' || factor === 'sms') && (
              <SendCode send={() => api('auth', 'sendElevationCode', { body: { channel: factor } })} key={factor} />
            )}
            <ByPassword factor={factor} done={done} quiet={passkey} />
          </div>
        );
      }}
    </Shown>
  );
}

function ByPassword({ factor, done, quiet }: { factor: Code | undefined; done: () => void; quiet: boolean }) {
  return (
    <Form
      button={t('stepUp.button')}
      quiet={quiet}
      submit={async (typed) => {
        const body = { password: typed.text('password'), ...(factor ? { factor, code: typed.text('code') } : {}) };
        takeSession(await api('auth', 'elevateSession', { body }));
        done();
      }}
    >
      <Field
        label={t('field.password')}
        name="password"
        type="password"
        required
        autoComplete="current-password"
        autoFocus
      />
      {factor && (
        <Field
          label={t('signIn.factorCode')}
          name="code"
          required
          inputMode={factor === 'recovery' ? 'text' : 'numeric'}
          autoComplete="one-time-code"
        />
      )}
    </Form>
  );
}
