import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { can, session } from '../api/session.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { useStore } from '../store.ts';
import { formatAgo, formatBudget, formatDate, formatMoney } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { useEvery, useLoad } from '../ui/hooks.ts';
import { Facts, PersonLine, Prose, Shown, Status, Tags } from '../ui/parts.tsx';
import { Files } from '../ui/files.tsx';
import { OrderKinds } from '../ui/order-card.tsx';
import type { Order } from './order-actions.tsx';
import { Deliveries } from './order-deliveries.tsx';
import { Hours } from './order-hours.tsx';
import { Invited, OwnInvitation } from './order-invitations.tsx';
import { Milestones } from './order-milestones.tsx';
import { DealActions } from './order-next.tsx';
import { Proposals } from './order-proposals.tsx';
import { History, OrderReviews } from './order-record.tsx';
import { Respond } from './order-respond.tsx';
import { Responses } from './order-responses.tsx';

/** An order: what anybody may see; for the parties also where the deal stands and what they can do. */
export function OrderPage({ orderId }: { orderId: string }) {
  const person = useStore(session);
  const order = useLoad(() => api('orders', 'getOrder', { params: { orderId } }), [orderId]);
  const [round, setRound] = useState(0);
  useTitle(order.data?.title);
  const waiting = order.data?.status === 'awaiting_payment' || order.data?.funding === 'pending';
  useEvery(1_500, waiting, order.reload);
  const changed = () => {
    order.reload();
    setRound((n) => n + 1);
  };
  return (
    <Shown of={order}>
      {(data) => {
        const mine = person !== undefined && data.client?.userId === person.userId;
        const party = data.terms !== null;
        return (
          <article class="order">
            <OrderHead order={data} />
            <div class="with-side side-right">
              <div>
                {data.refusal && data.status !== 'completed' && <Refusal order={data} />}
                {waiting && (
                  <p class="notice" role="status">
                    {t(data.funding === 'pending' ? 'order.funding' : 'order.paying')}
                  </p>
                )}
                <DealActions order={data} changed={changed} />
                <section>
                  <h2>{t('order.what')}</h2>
                  {data.ndaRequired ? <Secret order={data} changed={changed} /> : <Prose text={data.description} />}
                  <OrderTags order={data} />
                  <Files files={data.attachments} />
                </section>
                <Milestones order={data} changed={changed} />
                <Hours order={data} changed={changed} />
                <Deliveries order={data} />
                <Proposals order={data} changed={changed} />
                {!party && <OwnInvitation order={data} changed={changed} />}
                {person && !party && can('orders.respond') && !data.ndaRequired && (
                  <Respond order={data} changed={changed} />
                )}
                {!person && data.status === 'published' && (
                  <p class="notice">
                    <a href={`/sign-in?next=/orders/${orderId}`}>{t('order.signInToRespond')}</a>
                  </p>
                )}
                {mine && data.status !== 'draft' && (
                  <Responses order={data} changed={changed} key={`responses ${data.status} ${data.funding}`} />
                )}
                {mine && data.publishedAt !== null && <Invited order={data} key={`invited ${data.status}`} />}
                {party && <OrderReviews order={data} key={`reviews ${round}`} />}
                {party && <History orderId={orderId} key={`history ${round} ${data.status}`} />}
              </div>
              <aside class="side" aria-label={t('order.facts')}>
                <Side order={data} />
              </aside>
            </div>
          </article>
        );
      }}
    </Shown>
  );
}

function OrderHead({ order }: { order: Order }) {
  const categories = useDictionary('categories');
  return (
    <header class="order-head">
      <p class="card-top">
        <span class="kicker">{categories.title(order.category)}</span>
        <Status kind="orderStatus" of={order.status} />
        <OrderKinds order={order} />
        {order.publishedAt && (
          <time class="muted" dateTime={order.publishedAt}>
            {formatAgo(order.publishedAt)}
          </time>
        )}
      </p>
      <h1>{order.title}</h1>
      <p class="order-sum">
        {order.pricing === 'hourly'
          ? t('profile.perHour', { sum: formatBudget(order.budget) })
          : formatBudget(order.budget)}
        {order.weeklyHours !== null && <small class="muted"> {t('hours.cap', { count: order.weeklyHours })}</small>}
      </p>
    </header>
  );
}

function OrderTags({ order }: { order: Order }) {
  const skills = useDictionary('skills');
  const styles = useDictionary('styles');
  return (
    <Tags
      of={[...order.skills.map(skills.title), ...order.styles.map(styles.title), ...order.tags.map((tag) => `#${tag}`)]}
    />
  );
}

/** The details are shown to who consents to keep them secret. */
function Secret({ order, changed }: { order: Order; changed: () => void }) {
  const person = useStore(session);
  return (
    <div class="notice">
      <strong>{t('nda.title')}</strong>
      <p>{t('nda.text')}</p>
      {!person ? (
        <a href={`/sign-in?next=/orders/${order.orderId}`}>{t('nda.signIn')}</a>
      ) : can('orders.respond') ? (
        <Do
          kind="main"
          act={async () => {
            await api('orders', 'acceptNda', { params: { orderId: order.orderId } });
            changed();
          }}
        >
          {t('nda.accept')}
        </Do>
      ) : (
        <p>{t('nda.freelancers')}</p>
      )}
    </div>
  );
}

function Refusal({ order }: { order: Order }) {
  if (!order.refusal) return null;
  return (
    <div class="notice notice-bad" role="alert">
      <strong>{t('order.refused')}</strong>
      <p>{t(`refusal.${order.refusal.code}`)}</p>
      {order.refusal.missing && (
        <p>
          {t('order.missing', { sum: formatMoney(order.refusal.missing) })} <a href="/money">{t('order.topUp')}</a>
        </p>
      )}
    </div>
  );
}

function Side({ order }: { order: Order }) {
  const { terms, revisions } = order;
  return (
    <>
      <PersonLine person={order.client} role={t('role.client')} />
      {order.freelancer && <PersonLine person={order.freelancer} role={t('role.freelancer')} />}
      <Facts
        items={[
          order.price !== null && [
            t('order.price'),
            order.pricing === 'hourly'
              ? t('profile.perHour', { sum: formatMoney(order.price) })
              : formatMoney(order.price),
          ],
          order.held !== null && order.held.amount !== '0' && [t('order.held'), formatMoney(order.held)],
          order.deadline !== null && [t('field.deadline'), formatDate(order.deadline)],
          order.expiresAt !== null && [t('order.expires'), formatDate(order.expiresAt)],
          order.dueAt !== null && [t('order.due'), formatDate(order.dueAt)],
          order.funding !== null && order.funding !== 'none' && [t('order.money'), t(`funding.${order.funding}`)],
          revisions !== null && order.freelancer !== null && [t('order.revisions'), t('order.revisionsOf', revisions)],
          order.reviewEndsAt !== null && [t('order.reviewEnds'), formatDate(order.reviewEndsAt)],
          terms?.commissionBps != null && [
            t('order.commission'),
            `${terms.commissionBps / 100} %${terms.commission ? ` · ${formatMoney(terms.commission)}` : ''}`,
          ],
          terms?.toFreelancer != null && [t('order.toFreelancer'), formatMoney(terms.toFreelancer)],
          terms?.clientFee != null &&
            terms.clientFee.amount !== '0' && [t('order.clientFee'), formatMoney(terms.clientFee)],
          terms?.clientPays != null && [t('order.clientPays'), formatMoney(terms.clientPays)],
          terms?.placementFee != null && [t('order.fee'), formatMoney(terms.placementFee)],
          [t('order.responsesTitle'), String(order.responses)],
        ]}
      />
      {order.freelancer && (
        <a class="button-quiet" href={`/conversations?order=${order.orderId}`}>
          {t('order.talk')}
        </a>
      )}
    </>
  );
}
