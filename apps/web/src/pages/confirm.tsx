import { useEffect, useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { refresh, session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { navigate, useQuery, useTitle } from '../router.ts';
import { Do, Field, Form } from '../ui/form.tsx';
import { useAct } from '../ui/hooks.ts';
import { Loading, Problem } from '../ui/parts.tsx';

/** Confirms an address with the code, or with the link of the mail. */
export function Confirm() {
  useTitle(t('confirm.title'));
  const query = useQuery();
  const token = query.get('token');
  const [email, setEmail] = useState(query.get('email') ?? '');
  const [sent, setSent] = useState(false);
  const link = useAct();
  const done = async () => {
    if (session.value) await refresh();
    navigate(session.value ? '/' : '/sign-in?confirmed=1');
  };
  useEffect(() => {
    if (token)
      void link.run(async () => {
        await api('auth', 'confirmEmail', { body: { token } });
        await done();
      });
  }, [token]);
  if (token && !link.problem) return <Loading />;
  return (
    <div class="sheet">
      <h1>{t('confirm.title')}</h1>
      <Problem problem={link.problem} />
      <p>{t('confirm.text')}</p>
      <Form
        button={t('confirm.button')}
        submit={async (typed) => {
          await api('auth', 'confirmEmail', { body: { email: typed.text('email'), code: typed.text('code') } });
          await done();
        }}
      >
        <div
          onInput={(event) =>
            setEmail(
              (event.target as HTMLInputElement).name === 'email' ? (event.target as HTMLInputElement).value : email,
            )
          }
        >
          <Field
            label={t('field.email')}
            name="email"
            type="email"
            value={query.get('email') ?? ''}
            required
            autoComplete="username"
          />
        </div>
        <Field
          label={t('confirm.code')}
          name="code"
          required
          inputMode="numeric"
          pattern="\d{6}"
          maxLength={6}
          autoComplete="one-time-code"
          autoFocus
        />
      </Form>
      <p>
        <Do
          kind="link"
          disabled={!email}
          act={async () => {
            await api('auth', 'resendConfirmation', { body: { email } });
            setSent(true);
          }}
        >
          {t('confirm.again')}
        </Do>
        {sent && <span role="status"> {t('confirm.sent')}</span>}
      </p>
    </div>
  );
}
