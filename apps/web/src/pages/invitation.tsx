import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { navigate, useQuery, useTitle } from '../router.ts';
import { Consents, consentsOf } from '../ui/consents.tsx';
import { Field, Form } from '../ui/form.tsx';

/** Takes an invitation to the staff: choose a password. */
export function Invitation() {
  useTitle(t('invitation.title'));
  const token = useQuery().get('token') ?? '';
  return (
    <div class="sheet">
      <h1>{t('invitation.title')}</h1>
      <p>{t('invitation.text')}</p>
      <Form
        button={t('invitation.button')}
        submit={async (typed) => {
          await api('auth', 'acceptInvitation', {
            body: { token, password: typed.text('password'), consents: consentsOf(typed) },
          });
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
        <Consents />
      </Form>
    </div>
  );
}
