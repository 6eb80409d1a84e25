import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { later, session } from './api/session.ts';
import { locale, t } from './i18n.ts';
import { address, match, navigate } from './router.ts';
import { useStore } from './store.ts';
import { Agreements, isOpen } from './pages/agreements.tsx';
import { ROUTES } from './routes.ts';
import { Shell } from './ui/shell.tsx';
import { Empty } from './ui/parts.tsx';
import { StepUp } from './ui/step-up.tsx';

export function App() {
  const path = useStore(address).split('?')[0] ?? '/';
  const language = useStore(locale);
  const person = useStore(session);
  const found = find(path);
  const putOff = useStore(later);
  const mustAgree = person !== undefined && person.outdated.length > 0 && !putOff && !isOpen(path);
  const mustSignIn = found?.signedIn === true && !person;
  useEffect(() => {
    if (mustSignIn) navigate(`/sign-in?next=${encodeURIComponent(address.value)}`, { replace: true });
  }, [mustSignIn]);
  return (
    <Shell path={path} key={language} asked={mustAgree}>
      {!found ? (
        <Empty>
          <h1>{t('notFound.title')}</h1>
          <p>{t('notFound.text')}</p>
          <a class="button" href="/">
            {t('notFound.home')}
          </a>
        </Empty>
      ) : mustSignIn ? null : mustAgree ? (
        <Agreements />
      ) : (
        <found.Page
          {...found.params}
          key={`${found.pattern}:${Object.values(found.params).join('/')}:${person?.userId ?? ''}`}
        />
      )}
      <StepUp />
    </Shell>
  );
}

function find(path: string):
  | {
      Page: FunctionComponent<Record<string, string>>;
      params: Record<string, string>;
      signedIn: boolean;
      pattern: string;
    }
  | undefined {
  const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
  for (const [pattern, Page, signedIn] of ROUTES) {
    const params = match(pattern, clean);
    if (params)
      return {
        Page: Page as FunctionComponent<Record<string, string>>,
        params,
        signedIn: signedIn === 'signed in',
        pattern,
      };
  }
  return undefined;
}
