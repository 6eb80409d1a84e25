import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { can, session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useStore } from '../store.ts';
import { Do, Fold, Form, Select } from './form.tsx';
import { useLoad } from './hooks.ts';
import { Problem } from './parts.tsx';

/** A client invites a freelancer: to the order he looks for somebody for, else to one of his published orders. */
export function Invite({ freelancerId, name, orderId }: { freelancerId: string; name: string; orderId?: string }) {
  const own = useStore(session);
  const [invited, setInvited] = useState(false);
  if (!own || own.userId === freelancerId || !can('orders.create')) return null;
  if (invited)
    return (
      <p class="plus" role="status">
        {t('invite.sent', { name })}
      </p>
    );
  const send = async (to: string) => {
    await api('orders', 'inviteFreelancer', { params: { orderId: to }, body: { freelancerId } });
    setInvited(true);
  };
  if (orderId)
    return (
      <Do act={() => send(orderId)} label={t('invite.whom', { name })}>
        {t('profile.inviteSend')}
      </Do>
    );
  return (
    <Fold title={t('profile.invite')}>
      <Pick send={send} />
    </Fold>
  );
}

function Pick({ send }: { send: (orderId: string) => Promise<void> }) {
  const orders = useLoad(() => api('orders', 'listOwnOrders', { query: { as: 'client', status: 'published' } }), []);
  if (!orders.data) return <Problem problem={orders.problem} />;
  if (orders.data.items.length === 0)
    return (
      <p class="muted">
        {t('profile.nothingToInvite')} <a href="/orders/new">{t('home.newOrder')}</a>
      </p>
    );
  return (
    <Form button={t('profile.inviteSend')} submit={(typed) => send(typed.text('orderId'))}>
      <Select
        label={t('profile.order')}
        name="orderId"
        required
        options={orders.data.items.map((order) => [order.orderId, order.title])}
      />
    </Form>
  );
}
