import { useEffect, useRef } from 'preact/hooks';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';

const TABS = [
  ['/admin', 'admin.dashboard', 'analytics.view'],
  ['/admin/reports', 'reports.title', 'analytics.reports'],
  ['/admin/users', 'admin.users', 'admin.users.view'],
  ['/admin/appeals', 'admin.appeals', 'admin.users.block'],
  ['/admin/staff', 'admin.staff', 'admin.staff.view'],
  ['/admin/settings', 'admin.settings', 'admin.settings.view'],
  ['/admin/dictionaries', 'admin.dictionaries', 'admin.dictionaries.edit'],
  ['/admin/templates', 'admin.templates', 'admin.templates.view'],
  ['/admin/escalations', 'admin.escalations', 'admin.escalations.view'],
  ['/admin/money', 'admin.money', 'payments.adjust'],
  ['/admin/audit', 'admin.audit', 'admin.audit.view'],
  ['/admin/health', 'admin.health', 'admin.health.view'],
  ['/admin/backups', 'admin.backups', 'admin.backups.view'],
] as const;

export function AdminTabs({ at }: { at: (typeof TABS)[number][0] }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone the tabs are one line that scrolls; the page itself stays where it is.
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && current) nav.current.scrollLeft = current.offsetLeft - nav.current.clientWidth / 2;
  }, [at]);
  return (
    <>
      <h1>{t('menu.admin')}</h1>
      <nav class="tabs tabs-scroll" ref={nav} aria-label={t('menu.admin')}>
        {TABS.filter(([, , permission]) => can(permission)).map(([to, title]) => (
          <a key={to} href={to} aria-current={to === at ? 'page' : undefined}>
            {t(title)}
          </a>
        ))}
      </nav>
    </>
  );
}
