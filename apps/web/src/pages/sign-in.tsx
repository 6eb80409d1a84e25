import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { answerWithPasskey, passkeysWork } from '../api/passkeys.ts';
import { takeSession, type Session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { navigate, useQuery, useTitle } from '../router.ts';
import { Check, Do, Field, Form, Select } from '../ui/form.tsx';
import { SendCode } from '../ui/send-code.tsx';

type Factor = 'totp' | 'email' | 'sms' | 'recovery' | 'passkey';
interface Second {
  interimToken: string;
  factors: readonly Factor[];
}

/** Where to go after signing in: only an address of this app, never one of others. */
export function nextOf(query: URLSearchParams): string {
  const next = query.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

export function SignIn() {
  useTitle(t('signIn.title'));
  const query = useQuery();
  const next = nextOf(query);
  const [second, setSecond] = useState<Second>();
  const enter = (given: Session) => {
    takeSession(given);
    navigate(next, { replace: true });
  };
  if (second) return <SecondFactor second={second} enter={enter} again={() => setSecond(undefined)} />;
  return (
    <div class="sheet">
      <h1>{t('signIn.title')}</h1>
      {query.has('confirmed') && (
        <p class="notice notice-good" role="status">
          {t('signIn.confirmed')}
        </p>
      )}
      <Form
        button={t('signIn.button')}
        submit={async (typed) => {
          const answer = await api('auth', 'signIn', {
            body: { email: typed.text('email'), password: typed.text('password'), transport: 'cookie' },
          });
          if (!('next' in answer)) return enter(answer);
          // A browser that knows no passkeys offers the other ways.
          const factors = answer.factors.filter((one) => one !== 'passkey' || passkeysWork);
          setSecond({ interimToken: answer.interimToken, factors });
        }}
      >
        <Field label={t('field.email')} name="email" type="email" required autoComplete="username" autoFocus />
        <Field label={t('field.password')} name="password" type="password" required autoComplete="current-password" />
      </Form>
      {passkeysWork && (
        <div class="sheet-other">
          <span class="muted">{t('signIn.or')}</span>
          <Do
            act={async () => {
              const passkey = await answerWithPasskey(await api('auth', 'startPasskeySignIn', { body: {} }));
              enter(await api('auth', 'signInWithPasskey', { body: { passkey, transport: 'cookie' } }));
            }}
          >
            {t('signIn.passkey')}
          </Do>
        </div>
      )}
      <p class="sheet-end">
        <a href="/reset">{t('signIn.forgot')}</a> <a href="/register">{t('menu.register')}</a>
      </p>
    </div>
  );
}

function SecondFactor({
  second,
  enter,
  again,
}: {
  second: Second;
  enter: (given: Session) => void;
  again: () => void;
}) {
  const [factor, setFactor] = useState<Factor>(second.factors[0] ?? 'totp');
  const [trust, setTrust] = useState(false);
  return (
    <div class="sheet">
      <h1>{t('signIn.second')}</h1>
      <div class="form">
        {second.factors.length > 1 && (
          <Select
            label={t('signIn.factor')}
            name="factor"
            value={factor}
            options={second.factors.map((one) => [one, t(`factor.${one}`)])}
            onPick={(value) => setFactor(value as Factor)}
          />
        )}
        <Check label={t('signIn.trust')} name="trust" onPick={setTrust} />
        {factor === 'passkey' ? (
          <ByPasskey second={second} trust={trust} enter={enter} />
        ) : (
          <ByCode second={second} factor={factor} trust={trust} enter={enter} key={factor} />
        )}
      </div>
      <p class="sheet-end">
        <button type="button" class="button-link" onClick={again}>
          {t('signIn.again')}
        </button>
      </p>
    </div>
  );
}

interface Way {
  second: Second;
  trust: boolean;
  enter: (given: Session) => void;
}

function ByPasskey({ second: { interimToken }, trust, enter }: Way) {
  return (
    <>
      <p>{t('signIn.passkeyText')}</p>
      <Do
        kind="main"
        act={async () => {
          const passkey = await answerWithPasskey(await api('auth', 'startFactorPasskey', { body: { interimToken } }));
          const body = { interimToken, factor: 'passkey', passkey, trustDevice: trust, transport: 'cookie' } as const;
          enter(await api('auth', 'passSecondFactor', { body }));
        }}
      >
        {t('signIn.passkeyButton')}
      </Do>
    </>
  );
}

function ByCode({ second: { interimToken }, factor, trust, enter }: Way & { factor: Exclude<Factor, 'passkey'> }) {
  return (
    <>
      {(factor === 'email' || factor === 'sms') && (
        <SendCode send={() => api('auth', 'sendFactorCode', { body: { interimToken, channel: factor } })} />
      )}
      <Form
        button={t('signIn.button')}
        submit={async (typed) => {
          const code = typed.text('code');
          const body = { interimToken, factor, code, trustDevice: trust, transport: 'cookie' } as const;
          enter(await api('auth', 'passSecondFactor', { body }));
        }}
      >
        <Field
          label={t(factor === 'recovery' ? 'factor.recovery' : 'signIn.factorCode')}
          name="code"
          required
          autoComplete="one-time-code"
          autoFocus
          inputMode={factor === 'recovery' ? 'text' : 'numeric'}
        />
      </Form>
    </>
  );
}
