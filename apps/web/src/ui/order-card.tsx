import type { ComponentChildren } from 'preact';
import type { z } from 'zod';
import type { orderSummary } from '#contracts/orders/views.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { formatAgo, formatBudget, formatDate } from './format.ts';
import { Stars, Status, Tags } from './parts.tsx';

/** What is out of the ordinary about an order. */
export function OrderKinds({ order }: { order: { urgent: boolean; access: 'open' | 'invited'; nda: boolean } }) {
  return (
    <>
      {order.urgent && <span class="status status-bad">{t('orderKind.urgent')}</span>}
      {order.access === 'invited' && <span class="status status-plain">{t('orderKind.invited')}</span>}
      {order.nda && <span class="status status-plain">{t('orderKind.nda')}</span>}
    </>
  );
}

/** An order in a list. */
export function OrderCard({
  order,
  own,
  children,
}: {
  order: z.output<typeof orderSummary>;
  own?: boolean;
  children?: ComponentChildren;
}) {
  const categories = useDictionary('categories');
  const skills = useDictionary('skills');
  return (
    <article class="card">
      <div class="card-top">
        <span class="kicker">{categories.title(order.category)}</span>
        {(own || order.status !== 'published') && <Status kind="orderStatus" of={order.status} />}
        <OrderKinds order={order} />
        {order.publishedAt && (
          <time class="muted" dateTime={order.publishedAt}>
            {formatAgo(order.publishedAt)}
          </time>
        )}
      </div>
      <h3>
        <a href={`/orders/${order.orderId}`}>{order.title}</a>
      </h3>
      <p class="excerpt">{order.excerpt}</p>
      <Tags of={[...order.skills.map(skills.title), ...order.tags.map((tag) => `#${tag}`)]} />
      <p class="card-end">
        <b class="sum">
          {order.pricing === 'hourly'
            ? t('profile.perHour', { sum: formatBudget(order.budget) })
            : formatBudget(order.budget)}
        </b>
        {order.weeklyHours !== null && <span>{t('hours.cap', { count: order.weeklyHours })}</span>}
        {order.deadline && <span>{t('order.until', { date: formatDate(order.deadline) })}</span>}
        <span>{t('order.responses', { count: order.responses })}</span>
        {order.client && !own && (
          <span class="muted">
            {order.client.displayName} · <Stars rating={order.client.rating} />
          </span>
        )}
      </p>
      {children}
    </article>
  );
}
