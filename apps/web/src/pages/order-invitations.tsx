import { useEffect } from 'preact/hooks';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatAgo } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { More, PersonLine, Problem } from '../ui/parts.tsx';
import type { Order } from './order-actions.tsx';
import { Decline } from './own-invitations.tsx';

/** Whom the client invited, and what became of it. */
export function Invited({ order }: { order: Order }) {
  const { orderId } = order;
  const pages = usePages(
    (cursor) => api('orders', 'listSentInvitations', { params: { orderId }, query: { cursor } }),
    [orderId],
  );
  if (pages.data && pages.items.length === 0) return null;
  return (
    <section>
      <h2>{t('invite.list')}</h2>
      <Problem problem={pages.problem} />
      <ul class="cards">
        {pages.items.map((one) => {
          const open = order.status === 'published' && (one.state === 'sent' || one.state === 'seen');
          const withdraw = async () => {
            await api('orders', 'withdrawInvitation', { params: { orderId, invitationId: one.invitationId } });
            pages.reload();
          };
          return (
            <li key={one.invitationId} class="card">
              <p class="card-top">
                <PersonLine person={one.freelancer} />
                <span class="status status-plain">{t(`invitationState.${one.state}`)}</span>
                <time class="muted" dateTime={one.at}>
                  {formatAgo(one.at)}
                </time>
              </p>
              {one.reason && <p>{one.reason}</p>}
              {open && (
                <p class="card-end">
                  <Do act={withdraw} label={t('invite.withdrawWhom', { name: one.freelancer?.displayName ?? '' })}>
                    {t('invite.withdraw')}
                  </Do>
                </p>
              )}
            </li>
          );
        })}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </section>
  );
}

/** Who is invited sees so, and that he looked is told the client. */
export function OwnInvitation({ order, changed }: { order: Order; changed: () => void }) {
  const { invitation } = order;
  const unseen = invitation?.state === 'sent' ? invitation.invitationId : undefined;
  useEffect(() => {
    // Nothing hangs on it: the next look tells.
    if (unseen) api('orders', 'openInvitation', { params: { invitationId: unseen } }).catch(() => {});
  }, [unseen]);
  if (!invitation) return null;
  if (invitation.state === 'declined') return <p class="notice">{t('invite.declined')}</p>;
  if (invitation.state !== 'sent' && invitation.state !== 'seen') return null;
  return (
    <section class="notice">
      <p>{t('invite.youAre')}</p>
      <Decline invitationId={invitation.invitationId} after={changed} />
    </section>
  );
}
