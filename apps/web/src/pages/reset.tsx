import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { dropSession } from '../api/session.ts';
import { t } from '../i18n.ts';
import { navigate, useQuery, useTitle } from '../router.ts';
import { Field, Form } from '../ui/form.tsx';

/** Asks for a link by mail; with the link sets a new password. */
export function Reset() {
  useTitle(t('reset.title'));
  const token = useQuery().get('token');
  const [sent, setSent] = useState(false);
  return (
    <div class="sheet">
      <h1>{t('reset.title')}</h1>
      {token ? (
        <Form
          button={t('reset.save')}
          submit={async (typed) => {
            await api('auth', 'completeReset', { body: { token, password: typed.text('password') } });
            dropSession();
            navigate('/sign-in');
          }}
        >
          <Field
            label={t('reset.new')}
            name="password"
            type="password"
            required
            minLength={10}
            maxLength={200}
            autoComplete="new-password"
            hint={t('register.passwordHint')}
            autoFocus
          />
        </Form>
      ) : sent ? (
        <p role="status">{t('reset.sent')}</p>
      ) : (
        <Form
          button={t('reset.button')}
          submit={async (typed) => {
            await api('auth', 'requestReset', { body: { email: typed.text('email') } });
            setSent(true);
          }}
        >
          <p>{t('reset.text')}</p>
          <Field label={t('field.email')} name="email" type="email" required autoComplete="username" autoFocus />
        </Form>
      )}
    </div>
  );
}
