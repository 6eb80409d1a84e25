import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useQuery, useTitle } from '../router.ts';
import { formatAgo, formatMoney } from '../ui/format.ts';
import { usePages } from '../ui/hooks.ts';
import { OrderCard } from '../ui/order-card.tsx';
import { OwnStatistics } from '../ui/own-statistics.tsx';
import { Empty, Loading, More, Problem, Status } from '../ui/parts.tsx';
import { OwnInvitations } from './own-invitations.tsx';

/** Own orders, own work, own responses. */
export function My() {
  useTitle(t('menu.my'));
  const tabs = [
    ...(can('orders.create') ? ['client'] : []),
    ...(can('orders.respond') ? ['freelancer', 'responses', 'invitations'] : []),
  ];
  const tab = useQuery().get('tab') ?? tabs[0] ?? 'client';
  return (
    <>
      <div class="head">
        <h1>{t('menu.my')}</h1>
        {can('orders.create') && (
          <a class="button" href="/orders/new">
            {t('home.newOrder')}
          </a>
        )}
      </div>
      <nav class="tabs" aria-label={t('menu.my')}>
        {tabs.map((one) => (
          <a key={one} href={`/my?tab=${one}`} aria-current={one === tab ? 'page' : undefined}>
            {t(`my.${one}`)}
          </a>
        ))}
      </nav>
      <OwnStatistics as={tab === 'client' ? 'client' : 'freelancer'} />
      {tab === 'invitations' ? (
        <OwnInvitations />
      ) : tab === 'responses' ? (
        <OwnResponses />
      ) : (
        <OwnOrders as={tab === 'freelancer' ? 'freelancer' : 'client'} key={tab} />
      )}
    </>
  );
}

function OwnOrders({ as }: { as: 'client' | 'freelancer' }) {
  const pages = usePages((cursor) => api('orders', 'listOwnOrders', { query: { as, cursor } }), [as]);
  return (
    <>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t(as === 'client' ? 'my.noOrders' : 'my.noWork')}</p>
          <a class="button" href={as === 'client' ? '/orders/new' : '/'}>
            {t(as === 'client' ? 'home.newOrder' : 'my.findWork')}
          </a>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((order) => (
          <li key={order.orderId}>
            <OrderCard order={order} own />
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function OwnResponses() {
  const pages = usePages((cursor) => api('orders', 'listOwnResponses', { query: { cursor } }), []);
  return (
    <>
      <Problem problem={pages.problem} />
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('my.noResponses')}</p>
          <a class="button" href="/">
            {t('my.findWork')}
          </a>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((one) => (
          <li key={one.responseId} class="card">
            <p class="card-top">
              <Status kind="responseStatus" of={one.status} />
              <time class="muted" dateTime={one.createdAt}>
                {formatAgo(one.createdAt)}
              </time>
            </p>
            <h3>
              <a href={`/orders/${one.orderId}`}>{one.orderTitle}</a>
            </h3>
            <p class="card-end">
              <b class="sum">{formatMoney(one.price)}</b>
              <span>{t('responses.days', { count: one.days })}</span>
            </p>
            {one.counter && (
              <p class="notice">
                {t('counter.offered', {
                  sum: formatMoney(one.counter.price),
                  days: t('responses.days', { count: one.counter.days }),
                })}
              </p>
            )}
            {one.reason && (
              <p class="muted">
                {t('field.reason')}: {one.reason}
              </p>
            )}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
