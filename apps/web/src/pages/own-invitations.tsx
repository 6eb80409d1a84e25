import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatAgo } from '../ui/format.ts';
import { Field, Fold, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem, Status } from '../ui/parts.tsx';

const ENDS: Readonly<Record<string, string | undefined>> = {
  answered: 'invite.responded',
  declined: 'invite.declined',
  withdrawn: 'invite.withdrawn',
};

/** A refusal says beforehand what follows from it. */
export function Decline({ invitationId, after }: { invitationId: string; after: () => void }) {
  return (
    <Fold title={t('invite.decline')}>
      <p class="muted">{t('invite.follows')}</p>
      <Form
        button={t('invite.decline')}
        quiet
        submit={async (typed) => {
          await api('orders', 'declineInvitation', {
            params: { invitationId },
            body: { reason: typed.text('reason') },
          });
          after();
        }}
      >
        <Field label={t('invite.reason')} name="reason" rows={2} required minLength={3} maxLength={2000} />
      </Form>
    </Fold>
  );
}

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
              {ENDS[one.state] ? (
                <span class={one.state === 'answered' ? 'plus' : 'muted'}>{t(ENDS[one.state] as string)}</span>
              ) : (
                one.status === 'published' && (
                  <a class="button button-small" href={`/orders/${one.orderId}`}>
                    {t('invite.look')}
                  </a>
                )
              )}
            </p>
            {one.state === 'declined' && one.reason && <p class="muted">{one.reason}</p>}
            {one.status === 'published' && !ENDS[one.state] && (
              <Decline invitationId={one.invitationId} after={pages.reload} />
            )}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
