import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { hangUp, listen } from '../api/live.ts';
import { can, dropSession, session } from '../api/session.ts';
import { chooseLocale, locale, t } from '../i18n.ts';
import { navigate } from '../router.ts';
import { store, useStore } from '../store.ts';

/** Unread notifications and conversations; pages set them when they have read some. */
export const unread = store({ notifications: 0, conversations: 0 });

export async function countUnread(): Promise<void> {
  if (!session.value) return unread.set({ notifications: 0, conversations: 0 });
  const [notifications, conversations] = await Promise.all([
    api('notifications', 'getUnreadCount').then(
      (answer) => answer.unread,
      () => 0,
    ),
    can('messenger.read')
      ? api('messenger', 'getUnreadCounts').then(
          (answer) => answer.conversations,
          () => 0,
        )
      : 0,
  ]);
  unread.set({ notifications, conversations });
}

interface ShellProps {
  path: string;
  children: ComponentChildren;
  /** The page itself asks about changed texts. */
  asked: boolean;
}

export function Shell({ path, children, asked }: ShellProps) {
  const person = useStore(session);
  const [open, setOpen] = useState(false);
  const waiting = useUnreadTotal();
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    void countUnread();
    if (!person) return;
    return listen((frame) => {
      if (frame.type.startsWith('notification') || frame.type.startsWith('message') || frame.type === 'resync')
        void countUnread();
    });
  }, [person?.userId]);
  return (
    <>
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header class="top">
        <div class="top-in">
          <a class="brand" href="/" aria-label={t('shell.home')}>
            <svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true">
              <path d="M16 2l7.5 7.5L16 17 8.5 9.5z" class="brand-a" />
              <path d="M8 12l7 7-7 7-7-7z" class="brand-b" />
              <path d="M24 12l7 7-7 7-7-7z" class="brand-c" />
            </svg>
            <span>{t('shell.name')}</span>
          </a>
          <button type="button" class="burger" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>
            <span aria-hidden="true">☰</span> {t('shell.menu')}
            {!open && <Count of={waiting} />}
          </button>
          <nav id="menu" class={open ? 'menu menu-open' : 'menu'} aria-label={t('shell.menu')}>
            <MenuLinks path={path} />
            <AccountLinks path={path} />
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {person && !person.emailConfirmed && (
          <p class="notice">
            {t('shell.unconfirmed')} <a href="/confirm">{t('shell.confirm')}</a>
          </p>
        )}
        {person && person.outdated.length > 0 && !asked && path !== '/agreements' && (
          <p class="notice">
            {t('shell.outdated')} <a href="/agreements">{t('shell.agree')}</a>
          </p>
        )}
        {children}
      </main>
      <Footer />
    </>
  );
}

function useUnreadTotal(): number {
  const counts = useStore(unread);
  return counts.notifications + counts.conversations;
}

function MenuLinks({ path }: { path: string }) {
  const person = useStore(session);
  const counts = useStore(unread);
  return (
    <ul>
      <Item path={path} to="/">
        {t('menu.orders')}
      </Item>
      <Item path={path} to="/freelancers">
        {t('menu.freelancers')}
      </Item>
      {person && can('orders.take-part') && (
        <Item path={path} to="/my">
          {t('menu.my')}
        </Item>
      )}
      {person && can('messenger.read') && (
        <Item path={path} to="/conversations">
          {t('menu.conversations')} <Count of={counts.conversations} />
        </Item>
      )}
      {person && can('payments.withdraw') && (
        <Item path={path} to="/money">
          {t('menu.money')}
        </Item>
      )}
      {person && (
        <Item path={path} to="/tickets">
          {t('menu.help')}
        </Item>
      )}
      {can('tickets.work') && (
        <Item path={path} to="/support">
          {t('menu.support')}
        </Item>
      )}
      {can('admin.users.view') && (
        <Item path={path} to="/admin">
          {t('menu.admin')}
        </Item>
      )}
    </ul>
  );
}

function AccountLinks({ path }: { path: string }) {
  const person = useStore(session);
  const counts = useStore(unread);
  const language = useStore(locale);
  return (
    <ul class="menu-own">
      {person ? (
        <>
          <Item path={path} to="/notifications">
            <span aria-hidden="true" class="bell">
              <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                <path
                  d="M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zM10 19a2 2 0 0 0 4 0"
                  fill="none"
                  stroke="currentColor"
                  stroke-width="1.8"
                  stroke-linejoin="round"
                />
              </svg>
            </span>
            <span class="bell-word">{t('menu.notifications')}</span> <Count of={counts.notifications} />
          </Item>
          <Item path={path} to="/profile">
            {t('menu.profile')}
          </Item>
          <li>
            <button type="button" class="button-link" onClick={() => void signOut()}>
              {t('menu.signOut')}
            </button>
          </li>
        </>
      ) : (
        <>
          <Item path={path} to="/sign-in">
            {t('menu.signIn')}
          </Item>
          <li>
            <a class="button button-small" href="/register">
              {t('menu.register')}
            </a>
          </li>
        </>
      )}
      <li>
        <button
          type="button"
          class="button-link language"
          lang={language === 'ru' ? 'en' : 'ru'}
          onClick={() => chooseLocale(language === 'ru' ? 'en' : 'ru')}
        >
          {language === 'ru' ? 'English' : 'Русский'}
        </button>
      </li>
    </ul>
  );
}

function Item({ path, to, children }: { path: string; to: string; children: ComponentChildren }) {
  const here = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
  return (
    <li>
      <a href={to} aria-current={here ? 'page' : undefined}>
        {children}
      </a>
    </li>
  );
}

function Count({ of }: { of: number }) {
  if (of === 0) return null;
  return (
    <span class="count">
      {of > 99 ? '99+' : of}
      <span class="hidden"> {t('shell.unread')}</span>
    </span>
  );
}

function Footer() {
  return (
    <footer class="foot">
      <div class="foot-in">
        <p>{t('shell.motto')}</p>
        <ul>
          <li>
            <a href="/books">{t('shell.books')}</a>
          </li>
          <li>
            <a href="/legal/terms">{t('legal.terms')}</a>
          </li>
          <li>
            <a href="/legal/privacy">{t('legal.privacy')}</a>
          </li>
          <li>
            <a href="/api/docs" target="_blank" rel="noreferrer">
              {t('shell.api')}
            </a>
          </li>
        </ul>
      </div>
    </footer>
  );
}

export async function signOut(): Promise<void> {
  hangUp();
  await api('auth', 'endCurrentSession').catch(() => undefined);
  dropSession();
  navigate('/');
}
