import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatAgo } from '../ui/format.ts';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem, Status } from '../ui/parts.tsx';

/** Orders whose clients want this freelancer to respond. */
export function OwnInvitations() {
  const pages = usePages((cursor) => api('orders', 'listOwnInvitations', { query: { cursor } }), []);
  return (
    <>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('my.noInvitations')}</p>
          <a class="button" href="/profile">
            {t('my.fillProfile')}
          </a>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((one) => (
          <li key={one.invitationId} class="card">
            <p class="card-top">
              <Status kind="orderStatus" of={one.status} />
              <time class="muted" dateTime={one.at}>
                {formatAgo(one.at)}
              </time>
            </p>
            <h3>
              <a href={`/orders/${one.orderId}`}>{one.orderTitle}</a>
            </h3>
            <p class="card-end">
              {one.responded ? (
                <span class="plus">{t('invite.responded')}</span>
              ) : (
                one.status === 'published' && (
                  <a class="button button-small" href={`/orders/${one.orderId}`}>
                    {t('invite.look')}
                  </a>
                )
              )}
            </p>
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
