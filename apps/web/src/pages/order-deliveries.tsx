import { t } from '../i18n.ts';
import { formatAgo } from '../ui/format.ts';
import { Files } from '../ui/files.tsx';
import { Prose } from '../ui/parts.tsx';
import type { Order } from './order-actions.tsx';

type Delivery = NonNullable<Order['deliveries']>[number];

export function DeliveryList({ of }: { of: readonly Delivery[] }) {
  return (
    <>
      {of.map((delivery) => (
        <div class="delivery" key={delivery.deliveryId}>
          <time class="muted" dateTime={delivery.at}>
            {formatAgo(delivery.at)}
          </time>
          <Prose text={delivery.text} />
          <Files files={delivery.attachments} />
        </div>
      ))}
    </>
  );
}

/** What was handed in of the whole work; what belongs to a milestone stands there. */
export function Deliveries({ order }: { order: Order }) {
  const whole = order.deliveries?.filter((one) => one.milestoneId === null) ?? [];
  if (whole.length === 0) return null;
  return (
    <section>
      <h2>{t('order.deliveries')}</h2>
      <div class="card">
        <DeliveryList of={whole} />
      </div>
    </section>
  );
}
