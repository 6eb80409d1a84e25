import type { z } from 'zod';
import type { milestoneView } from '#contracts/orders/views.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatDate, formatMoney } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { Status } from '../ui/parts.tsx';
import { Steps } from '../ui/steps.tsx';
import { DeliveryList } from './order-deliveries.tsx';
import { Accept, Deliver, type Order, WithReason } from './order-actions.tsx';

type Milestone = z.output<typeof milestoneView>;
const SHOWN = ['fund', 'deliver', 'complete', 'request_revision'];

/** Parts of the work, each held, delivered and paid on its own. */
export function Milestones({ order, changed }: { order: Order; changed: () => void }) {
  const { milestones } = order;
  if (!milestones || milestones.length === 0) return null;
  const done = milestones.filter((one) => one.status === 'completed');
  const total = done.reduce((sum, one) => sum + BigInt(one.amount.amount), 0n);
  const currency = order.budget.currency;
  return (
    <section>
      <h2>{t('milestones.title')}</h2>
      <p class="meter">
        <label for="milestones-done">
          {t('milestones.done', {
            done: done.length,
            of: milestones.length,
            sum: formatMoney({ amount: total.toString(), currency }),
          })}
        </label>
        <progress id="milestones-done" max={milestones.length} value={done.length} />
      </p>
      <ol class="cards">
        {milestones.map((one) => (
          <li key={one.milestoneId} class="card">
            <Card order={order} milestone={one} changed={changed} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Card({ order, milestone: one, changed }: { order: Order; milestone: Milestone; changed: () => void }) {
  const params = { orderId: order.orderId, milestoneId: one.milestoneId };
  const then = async (step: Promise<unknown>) => {
    await step;
    changed();
  };
  return (
    <article aria-label={one.title}>
      <p class="card-top">
        <span class="kicker">{t('milestones.number', { number: one.position })}</span>
        <Status kind="milestoneStatus" of={one.status} />
      </p>
      <h3>{one.title}</h3>
      <p class="card-end">
        <b class="sum">{formatMoney(one.amount)}</b>
        <span>
          {one.dueAt ? t('milestones.due', { date: formatDate(one.dueAt) }) : t('responses.days', { count: one.days })}
        </span>
        {one.reviewEndsAt && <span>{t('milestones.review', { date: formatDate(one.reviewEndsAt) })}</span>}
        {one.revisions.used > 0 && <span>{t('milestones.revisions', one.revisions)}</span>}
      </p>
      <DeliveryList of={order.deliveries?.filter((delivery) => delivery.milestoneId === one.milestoneId) ?? []} />
      <div class="steps-below">
        <Steps
          actions={one.actions}
          shown={SHOWN}
          words="milestoneAction"
          render={(name, title) => {
            switch (name) {
              case 'fund':
                return (
                  <Do kind="main" act={() => then(api('orders', 'fundMilestone', { params }))}>
                    {title}
                  </Do>
                );
              case 'deliver':
                return (
                  <Deliver
                    title={title}
                    orderId={order.orderId}
                    act={(body) => then(api('orders', 'deliverMilestone', { params, body }))}
                  />
                );
              case 'complete':
                return (
                  <Accept
                    title={title}
                    currency={one.amount.currency}
                    act={(body) => then(api('orders', 'completeMilestone', { params, body }))}
                  />
                );
              default:
                return (
                  <WithReason
                    title={title}
                    label={t('order.revisionWhat')}
                    act={(reason) => then(api('orders', 'requestMilestoneRevision', { params, body: { reason } }))}
                  />
                );
            }
          }}
        />
      </div>
    </article>
  );
}
