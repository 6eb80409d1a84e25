import { t } from '../i18n.ts';

const TABS = [
  ['/profile', 'menu.profile'],
  ['/settings/security', 'security.title'],
  ['/settings/notifications', 'preferences.title'],
  ['/settings/data', 'data.title'],
  ['/settings/webhooks', 'webhooks.title'],
] as const;

/** The pages of the own account. */
export function SettingsTabs({ at }: { at: (typeof TABS)[number][0] }) {
  return (
    <nav class="tabs" aria-label={t('own.settings')}>
      {TABS.map(([to, title]) => (
        <a key={to} href={to} aria-current={to === at ? 'page' : undefined}>
          {t(title)}
        </a>
      ))}
    </nav>
  );
}
