import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { navigate } from '../router.ts';
import { Do } from '../ui/form.tsx';
import { Steps } from '../ui/steps.tsx';
import { Accept, Deliver, type Order, WithReason } from './order-actions.tsx';
import { OpenDispute } from './ticket-dispute.tsx';

// Responding, choosing, proposing, reviewing stand where they belong: beside the responses, the proposals, the reviews.
// In the order they are offered: what moves the deal on comes first.
const SHOWN = [
  'publish',
  'deliver',
  'complete',
  'request_revision',
  'finish',
  'edit',
  'propose_cancellation',
  'cancel',
  'give_up',
  'dispute',
  'delete',
];

/** Steps that a deal of the other kind of price has no use for: why they can't be done is no news there. */
const ONLY_OF: Readonly<Record<string, Order['pricing']>> = {
  deliver: 'fixed',
  complete: 'fixed',
  request_revision: 'fixed',
  give_up: 'fixed',
  finish: 'hourly',
};

/** What the person can do next, as the order itself says, with the reason where something is not allowed. */
export function DealActions({ order, changed }: { order: Order; changed: () => void }) {
  const shown = SHOWN.filter((name) => (ONLY_OF[name] ?? order.pricing) === order.pricing);
  if (!order.actions.some((one) => shown.includes(one.name))) return null;
  return (
    <section class="actions" aria-label={t('order.next')}>
      <h2>{t('order.next')}</h2>
      <Steps
        actions={order.actions}
        shown={shown}
        words="action"
        render={(name, title) => <Action name={name} title={title} order={order} changed={changed} />}
      />
    </section>
  );
}

function Action({ name, title, order, changed }: { name: string; title: string; order: Order; changed: () => void }) {
  const { orderId } = order;
  const params = { orderId };
  const then = async (step: Promise<unknown>) => {
    await step;
    changed();
  };
  switch (name) {
    case 'edit':
      return (
        <a class="button-quiet" href={`/orders/${orderId}/edit`}>
          {title}
        </a>
      );
    case 'delete':
      return (
        <Do
          kind="bad"
          confirm={t('order.deleteSure')}
          act={async () => {
            await api('orders', 'deleteDraft', { params });
            navigate('/my');
          }}
        >
          {title}
        </Do>
      );
    case 'publish':
      return (
        <Do kind="main" act={() => then(api('orders', 'publishOrder', { params }))}>
          {title}
        </Do>
      );
    case 'deliver':
      return (
        <Deliver
          title={title}
          orderId={orderId}
          act={(body) => then(api('orders', 'deliverOrder', { params, body }))}
        />
      );
    case 'complete':
      return (
        <Accept
          title={title}
          currency={order.budget.currency}
          act={(body) => then(api('orders', 'completeOrder', { params, body }))}
        />
      );
    case 'request_revision':
      return (
        <WithReason
          title={title}
          label={t('order.revisionWhat')}
          act={(reason) => then(api('orders', 'requestRevision', { params, body: { reason } }))}
        />
      );
    case 'finish':
      return (
        <WithReason
          title={title}
          label={t('field.reason')}
          act={(reason) => then(api('orders', 'finishOrder', { params, body: { reason } }))}
        />
      );
    case 'dispute':
      return <OpenDispute title={title} orderId={orderId} subject={order.title} />;
    default:
      // `cancel`, `give_up` and `propose_cancellation` are one route; the state and the side say which it is.
      return (
        <WithReason
          title={title}
          label={t('field.reason')}
          act={(reason) => then(api('orders', 'cancelOrder', { params, body: { reason } }))}
        />
      );
  }
}
