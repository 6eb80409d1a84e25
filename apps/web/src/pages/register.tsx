import { api } from '../api/client.ts';
import { currentLocale, t } from '../i18n.ts';
import { navigate, useTitle } from '../router.ts';
import { Consents, consentsOf } from '../ui/consents.tsx';
import { Check, Field, Form } from '../ui/form.tsx';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Who brought this person: `/register?by=<id>`, the link that the money page shows. */
function referrer(): string | undefined {
  const by = new URLSearchParams(location.search).get('by') ?? '';
  return UUID.test(by) ? by : undefined;
}

export function Register() {
  useTitle(t('register.title'));
  return (
    <div class="sheet">
      <h1>{t('register.title')}</h1>
      <Form
        button={t('register.button')}
        submit={async (typed) => {
          const email = typed.text('email');
          const roles = (['client', 'freelancer'] as const).filter((role) => typed.has(role));
          await api('auth', 'register', {
            body: {
              email,
              password: typed.text('password'),
              displayName: typed.text('displayName'),
              locale: currentLocale(),
              timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'Europe/Moscow',
              roles: roles.length > 0 ? [...roles] : ['client'],
              referrerId: referrer(),
              consents: consentsOf(typed),
            },
          });
          navigate(`/confirm?email=${encodeURIComponent(email)}`);
        }}
      >
        <Field
          label={t('field.displayName')}
          name="displayName"
          required
          maxLength={100}
          autoComplete="name"
          autoFocus
        />
        <Field label={t('field.email')} name="email" type="email" required autoComplete="username" />
        <Field
          label={t('field.password')}
          name="password"
          type="password"
          required
          minLength={10}
          maxLength={200}
          autoComplete="new-password"
          hint={t('register.passwordHint')}
        />
        <fieldset class="checks">
          <legend>{t('register.who')}</legend>
          <Check label={t('register.client')} name="client" checked />
          <Check label={t('register.freelancer')} name="freelancer" />
        </fieldset>
        <Consents />
      </Form>
      <p class="sheet-end">
        {t('register.have')} <a href="/sign-in">{t('menu.signIn')}</a>
      </p>
    </div>
  );
}
