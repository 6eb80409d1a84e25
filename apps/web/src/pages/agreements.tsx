import { api } from '../api/client.ts';
import { later, refresh, session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { address, navigate, useTitle } from '../router.ts';
import { useStore } from '../store.ts';
import { Consents, consentsOf } from '../ui/consents.tsx';
import { Do, Form } from '../ui/form.tsx';
import { signOut } from '../ui/shell.tsx';

/** What whoever has not agreed yet may see all the same: the texts, his money and data, the support. */
const OPEN = [/^\/legal\//, /^\/settings\/data$/, /^\/money$/, /^\/tickets/];

export function isOpen(path: string): boolean {
  return OPEN.some((one) => one.test(path));
}

async function putOff(): Promise<void> {
  later.set(true);
  if (address.value === '/agreements') navigate('/');
}

/** Texts that have changed since the person agreed to them: read, agree, or leave. */
export function Agreements() {
  useTitle(t('agreements.title'));
  const outdated = useStore(session)?.outdated ?? [];
  if (outdated.length === 0)
    return (
      <div class="narrow">
        <h1>{t('agreements.title')}</h1>
        <p>{t('agreements.none')}</p>
        <a class="button" href="/">
          {t('notFound.home')}
        </a>
      </div>
    );
  return (
    <div class="narrow">
      <h1>{t('agreements.title')}</h1>
      <p>{t('agreements.text')}</p>
      <Form
        button={t('agreements.agree')}
        submit={async (typed) => {
          const { terms, privacy } = consentsOf(typed);
          const given = { terms, privacy };
          await api('auth', 'agree', { body: Object.fromEntries(outdated.map((kind) => [kind, given[kind]])) });
          await refresh();
        }}
      >
        <Consents kinds={outdated} />
      </Form>
      <h2>{t('agreements.otherwise')}</h2>
      <p>{t('agreements.goesOn')}</p>
      <ul class="lines">
        <li>
          <Do kind="link" act={putOff}>
            {t('agreements.later')}
          </Do>
        </li>
        <li>
          <a href="/money">{t('agreements.money')}</a>
        </li>
        <li>
          <a href="/settings/data">{t('agreements.data')}</a>
        </li>
        <li>
          <Do kind="link" act={signOut}>
            {t('menu.signOut')}
          </Do>
        </li>
      </ul>
    </div>
  );
}
