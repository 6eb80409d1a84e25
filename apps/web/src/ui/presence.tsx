import { t } from '../i18n.ts';
import { formatAgo } from './format.ts';

export interface PresenceLike {
  online: boolean;
  lastSeenAt: string | null;
}

/** That somebody types, is here, or when he last was; nothing of those who don't show it. */
export function PresenceLine({ of, typing = false }: { of: PresenceLike | null | undefined; typing?: boolean }) {
  if (typing)
    return (
      <small class="presence presence-typing" role="status">
        {t('presence.typing')}
      </small>
    );
  if (of?.online) return <small class="presence presence-on">{t('presence.online')}</small>;
  if (!of?.lastSeenAt) return null;
  return (
    <small class="presence">
      <time dateTime={of.lastSeenAt}>{t('presence.seen', { ago: formatAgo(of.lastSeenAt) })}</time>
    </small>
  );
}
