import { api } from '../api/client.ts';
import { can, session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { formatMoney, formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Facts, Shown, Status } from '../ui/parts.tsx';
import { sumOf, WithReason } from './order-actions.tsx';
import { ReviewActs, Together } from './ticket-desk.tsx';
import type { Ticket } from './ticket.tsx';

/** What a member of staff does with a ticket. */
export function StaffActs({ ticket, set }: { ticket: Ticket; set: (next: Ticket) => void }) {
  const params = { ticketId: ticket.ticketId };
  const { version } = ticket;
  const mine = ticket.assigneeId === session.value?.userId;
  return (
    <section class="actions">
      <h2>{t('staff.acts')}</h2>
      <Facts
        items={[
          [t('staff.priority'), <Status key="priority" kind="priority" of={ticket.priority} />],
          [t('staff.assignee'), mine ? t('staff.me') : ticket.assigneeId ? ticket.assigneeId.slice(-6) : '—'],
          ticket.answerDueAt !== null && [t('staff.answerDue'), formatTime(ticket.answerDueAt)],
          ticket.resolveDueAt !== null && [t('staff.resolveDue'), formatTime(ticket.resolveDueAt)],
        ]}
      />
      {can('tickets.assign') && !mine && (
        <Do
          kind="main"
          act={async () => set(await api('support', 'takeTicket', { params, body: { assigneeId: 'self' } }))}
        >
          {t('staff.take')}
        </Do>
      )}
      <Do
        act={async () =>
          set(await api('support', 'setTicketStatus', { params, version, body: { status: 'resolved' } }))
        }
      >
        {t('staff.resolve')}
      </Do>
      <Do
        act={async () => set(await api('support', 'setTicketStatus', { params, version, body: { status: 'closed' } }))}
      >
        {t('staff.close')}
      </Do>
      {can('tickets.escalate') && ticket.status !== 'escalated' && (
        <WithReason
          title={t('staff.escalate')}
          label={t('field.reason')}
          max={4000}
          act={async (reason) => set(await api('support', 'escalateTicket', { params, body: { reason } }))}
        />
      )}
      <Fold title={t('staff.triage')}>
        <Form
          button={t('common.save')}
          submit={async (typed) =>
            set(
              await api('support', 'triageTicket', {
                params,
                version,
                body: {
                  priority: typed.text('priority') as Ticket['priority'],
                  tags: typed
                    .text('tags')
                    .split(',')
                    .map((tag) => tag.trim())
                    .filter((tag) => tag !== ''),
                },
              }),
            )
          }
        >
          <Select
            label={t('staff.priority')}
            name="priority"
            value={ticket.priority}
            options={['low', 'normal', 'high', 'urgent'].map((one) => [one, t(`priority.${one}`)])}
          />
          <Field label={t('field.tags')} name="tags" value={ticket.tags.join(', ')} required={false} />
        </Form>
      </Fold>
      <ReviewActs ticket={ticket} set={set} />
      <Together ticket={ticket} set={set} />
      {ticket.dispute === 'open' && can('disputes.rule') && <Ruling ticket={ticket} set={set} />}
    </section>
  );
}

function Ruling({ ticket, set }: { ticket: Ticket; set: (next: Ticket) => void }) {
  return (
    <Fold title={t('staff.ruling')}>
      <Form
        button={t('staff.ruling')}
        submit={async (typed) =>
          set(
            await api('support', 'ruleOnDispute', {
              params: { ticketId: ticket.ticketId },
              body: {
                outcome: typed.text('outcome') as 'split',
                freelancerAmount: sumOf(typed, 'amount', 'RUB'),
                reason: typed.text('reason'),
              },
            }),
          )
        }
      >
        <Select
          label={t('staff.outcome')}
          name="outcome"
          options={['release', 'refund', 'split'].map((one) => [one, t(`outcome.${one}`)])}
        />
        <Field label={t('settlement.amount')} name="amount" inputMode="decimal" value="0" required />
        <Field label={t('field.reason')} name="reason" rows={3} required minLength={3} maxLength={4000} />
      </Form>
    </Fold>
  );
}

/** People, order, money, conversation and review beside a ticket; what can't be had says why. */
export function Context({ ticketId }: { ticketId: string }) {
  const context = useLoad(() => api('support', 'getTicketContext', { params: { ticketId } }), [ticketId]);
  return (
    <section>
      <h2>{t('staff.context')}</h2>
      <Shown of={context}>
        {({ people, order, money, conversation, review, payment, message }) => (
          <>
            {people.value?.map((one) => (
              <p key={one.userId}>
                <a href={`/u/${one.slug}`}>{one.displayName}</a>{' '}
                <small class="muted">{one.status === 'active' ? '' : t(`userStatus.${one.status}`)}</small>
              </p>
            ))}
            {order.value ? (
              <Facts
                items={[
                  [
                    t('role.order'),
                    <a key="order" href={`/orders/${order.value.orderId}`}>
                      {order.value.title}
                    </a>,
                  ],
                  [t('field.status'), <Status key="status" kind="orderStatus" of={order.value.status} />],
                  order.value.price !== null && [t('order.price'), formatMoney(order.value.price)],
                ]}
              />
            ) : (
              <Missing what={t('role.order')} why={order.missing} />
            )}
            {money.value ? (
              <Facts
                items={[
                  [t('funding.held'), formatMoney(money.value.held)],
                  [t('staff.released'), formatMoney(money.value.released)],
                  [t('staff.refunded'), formatMoney(money.value.refunded)],
                ]}
              />
            ) : (
              <Missing what={t('menu.money')} why={money.missing} />
            )}
            {message.value && <blockquote class="notice">{message.value.text}</blockquote>}
            {payment.value && (
              <p>
                {t(`kind.${payment.value.kind}`)} · {formatTime(payment.value.at)}
              </p>
            )}
            {review.value && (
              <details class="fold">
                <summary>{t('reviews.title')}</summary>
                <pre class="json">{JSON.stringify(review.value, null, 2)}</pre>
              </details>
            )}
            {conversation.value ? (
              <details class="fold">
                <summary>{t('menu.conversations')}</summary>
                <pre class="json">{JSON.stringify(conversation.value, null, 2)}</pre>
              </details>
            ) : (
              <Missing what={t('menu.conversations')} why={conversation.missing} />
            )}
          </>
        )}
      </Shown>
    </section>
  );
}

function Missing({ what, why }: { what: string; why: string | null }) {
  if (why === null || why === 'not_about_it') return null;
  return (
    <p class="muted">
      {what}: {t(`missing.${why}`)}
    </p>
  );
}
