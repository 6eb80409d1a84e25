import type { z } from 'zod';
import { useState } from 'preact/hooks';
import type { ticketThread } from '#contracts/support/views.ts';
import { api } from '../api/client.ts';
import { can, session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatTime } from '../ui/format.ts';
import { Check, Do, Field, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Prose, Shown, Status } from '../ui/parts.tsx';
import { Files } from '../ui/files.tsx';
import { WithReason } from './order-actions.tsx';
import { CannedReplies } from './ticket-desk.tsx';
import { DisputeBox } from './ticket-dispute.tsx';
import { Context, StaffActs } from './ticket-staff.tsx';
import { Settlement } from './ticket-settlement.tsx';

export type Ticket = z.output<typeof ticketThread>;

/** A ticket: the thread, and what its author or staff can do. */
export function TicketPage({ ticketId }: { ticketId: string }) {
  const params = { ticketId };
  const ticket = useLoad(() => api('support', 'readTicket', { params }), [ticketId]);
  useTitle(ticket.data?.subject);
  return (
    <Shown of={ticket}>
      {(data) => {
        const own = data.authorId === session.value?.userId;
        const staff = !own && can('tickets.work');
        return (
          <div class={staff ? 'with-side side-right side-after' : 'narrow'}>
            <article>
              <p class="card-top">
                <span class="kicker">
                  № {data.number} · {t(`ticketKind.${data.kind}`)}
                </span>
                <Status kind="ticketStatus" of={data.status} />
              </p>
              <h1>{data.subject}</h1>
              {data.orderId && (
                <p>
                  <a href={`/orders/${data.orderId}`}>{t('tickets.order')}</a>
                </p>
              )}
              {data.dispute && <p class="notice">{t(`dispute.${data.dispute}`)}</p>}
              <DisputeBox ticket={data} party={data.kind === 'dispute' && !staff} set={ticket.set} />
              {data.mergedInto && (
                <p class="notice">
                  <a href={`/tickets/${data.mergedInto}`}>{t('tickets.merged')}</a>
                </p>
              )}
              <Thread ticket={data} />
              <Files
                files={data.attachments}
                load={(attachmentId) => api('support', 'getTicketAttachment', { params: { ticketId, attachmentId } })}
              />
              {data.status !== 'closed' && <Answer ticket={data} staff={staff} set={ticket.set} />}
              {own && data.dispute !== 'decided' && ['answered', 'resolved', 'closed'].includes(data.status) && (
                <WithReason
                  title={t('tickets.reopen')}
                  label={t('field.reason')}
                  max={4000}
                  act={async (reason) => ticket.set(await api('support', 'reopenTicket', { params, body: { reason } }))}
                />
              )}
              {own && ['resolved', 'closed'].includes(data.status) && data.satisfaction === null && (
                <Rate ticketId={ticketId} set={ticket.set} />
              )}
              {data.kind === 'dispute' && data.dispute === 'open' && !staff && <Settlement ticketId={ticketId} />}
            </article>
            {staff && (
              <aside class="side">
                <StaffActs ticket={data} set={ticket.set} />
                <Context ticketId={ticketId} />
              </aside>
            )}
          </div>
        );
      }}
    </Shown>
  );
}

function Thread({ ticket }: { ticket: Ticket }) {
  return (
    <div class="messages messages-flow">
      {ticket.messages.map((one) => (
        <article
          key={one.messageId}
          class={`bubble ${one.authorKind === 'user' ? 'bubble-own' : ''} ${one.internal ? 'bubble-note' : ''}`}
        >
          <small class="muted">
            {t(one.internal ? 'tickets.note' : `role.${one.authorKind}`)} · {formatTime(one.sentAt)}
          </small>
          <Prose text={one.text} />
        </article>
      ))}
    </div>
  );
}

function Answer({ ticket, staff, set }: { ticket: Ticket; staff: boolean; set: (next: Ticket) => void }) {
  const params = { ticketId: ticket.ticketId };
  // A ready text makes the field anew with it; what was typed before gives way.
  const [ready, setReady] = useState({ text: '', times: 0 });
  return (
    <Form
      reset
      button={t('tickets.send')}
      submit={async (typed) => {
        const file = typed.file('file');
        if (file) set(await api('support', 'attachToTicket', { params, query: { fileName: file.name }, body: file }));
        set(
          typed.has('note')
            ? await api('support', 'addTicketNote', { params, body: { text: typed.text('text') } })
            : await api('support', 'postTicketMessage', {
                params,
                body: { text: typed.text('text'), waitForUser: typed.has('wait') },
              }),
        );
      }}
    >
      {staff && <CannedReplies put={(text) => setReady({ text, times: ready.times + 1 })} />}
      <Field
        key={ready.times}
        value={ready.text}
        label={t(staff ? 'tickets.answer' : 'tickets.message')}
        name="text"
        rows={4}
        required
        maxLength={10_000}
      />
      <Field label={t('field.file')} name="file" type="file" required={false} />
      {staff && (
        <div class="checks checks-line">
          <Check label={t('tickets.askBack')} name="wait" />
          <Check label={t('tickets.note')} name="note" />
        </div>
      )}
    </Form>
  );
}

function Rate({ ticketId, set }: { ticketId: string; set: (next: Ticket) => void }) {
  return (
    <fieldset class="row">
      <legend>{t('tickets.rate')}</legend>
      {[1, 2, 3, 4, 5].map((mark) => (
        <Do
          key={mark}
          act={async () => set(await api('support', 'rateTicket', { params: { ticketId }, body: { mark } }))}
        >
          {'★'.repeat(mark)}
        </Do>
      ))}
    </fieldset>
  );
}
