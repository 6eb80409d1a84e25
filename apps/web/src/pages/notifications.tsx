import { useEffect } from 'preact/hooks';
import { api } from '../api/client.ts';
import { listen } from '../api/live.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatAgo } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem } from '../ui/parts.tsx';
import { countUnread } from '../ui/shell.tsx';

export function Notifications() {
  useTitle(t('menu.notifications'));
  const pages = usePages((cursor) => api('notifications', 'listNotifications', { query: { cursor } }), []);
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type.startsWith('notification') || frame.type === 'resync') pages.reload();
      }),
    [pages.reload],
  );
  const first = pages.items[0];
  return (
    <div class="narrow">
      <div class="head">
        <h1>{t('menu.notifications')}</h1>
        <span class="row">
          <a href="/settings/notifications">{t('preferences.title')}</a>
          {first && (
            <Do
              act={async () => {
                await api('notifications', 'markAllRead', { body: { upTo: first.notificationId } });
                pages.reload();
                await countUnread();
              }}
            >
              {t('notifications.readAll')}
            </Do>
          )}
        </span>
      </div>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('notifications.none')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((one) => (
          <li key={one.notificationId} class={one.readAt === null ? 'fresh' : ''}>
            <a
              class="line"
              href={pathOf(one.link)}
              onClick={() => {
                if (one.readAt === null)
                  void api('notifications', 'markRead', { params: { notificationId: one.notificationId } }).then(
                    countUnread,
                    () => undefined,
                  );
              }}
            >
              <span class="line-main">
                <b>
                  {one.title}
                  {one.count > 1 && ` (${one.count})`}
                </b>
                <span>{one.text}</span>
              </span>
              <time class="muted line-end" dateTime={one.createdAt}>
                {formatAgo(one.createdAt)}
              </time>
            </a>
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </div>
  );
}

/** Links of notifications lead into the app; anything else leads nowhere. */
function pathOf(link: string): string {
  return /^\/(?![/\\])/.test(link) ? link : '/notifications';
}
