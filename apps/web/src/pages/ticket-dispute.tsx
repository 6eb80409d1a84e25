import { api } from '../api/client.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { navigate } from '../router.ts';
import { formatMoney, formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Facts, Prose } from '../ui/parts.tsx';
import { WithReason } from './order-actions.tsx';
import type { Ticket } from './ticket.tsx';

type Dispute = NonNullable<Ticket['disputeDetails']>;

/** Where a dispute stands, for both sides and staff: claim, fee, who has to answer, the ruling and what can be done about it. */
export function DisputeBox({ ticket, party, set }: { ticket: Ticket; party: boolean; set: (next: Ticket) => void }) {
  const of = ticket.disputeDetails;
  if (of === null) return null;
  const mine = ticket.authorId === session.value?.userId ? 'author' : 'respondent';
  const dues = [
    ['author', of.authorAnswersBy],
    ['respondent', of.respondentAnswersBy],
  ] as const;
  return (
    <section class="card" aria-label={t('dispute.title')}>
      <h2>{t('dispute.title')}</h2>
      <Facts
        items={[
          of.claim !== null && [t('dispute.claim'), formatMoney(of.claim)],
          of.fee !== null && [t('dispute.fee'), `${formatMoney(of.fee)} · ${t(`feeState.${of.feeState}`)}`],
          ...dues.map(
            ([side, due]) =>
              due !== null &&
              ([
                t(party && side === mine ? 'dispute.answerYou' : `dispute.answer.${side}`),
                <b key={side}>{formatTime(due)}</b>,
              ] as const),
          ),
        ]}
      />
      {of.ruling && <Ruling of={of} ruling={of.ruling} />}
      {party && ticket.dispute === 'decided' && of.ruling && (
        <Answers ticket={ticket} ruling={of.ruling} mine={mine} set={set} />
      )}
      <Fold title={t('dispute.rules')}>
        <Rules of={of.rules} />
      </Fold>
    </section>
  );
}

function Rules({ of }: { of: readonly string[] }) {
  return (
    <ul>
      {of.map((rule) => (
        <li key={rule}>{rule}</li>
      ))}
    </ul>
  );
}

type Made = NonNullable<Dispute['ruling']>;

function Ruling({ of, ruling }: { of: Dispute; ruling: Made }) {
  return (
    <div class="notice">
      <strong>
        {t(`ruledBy.${ruling.by}`)}: {t(`outcome.${ruling.outcome}`)}
      </strong>
      <p>
        {t('dispute.toFreelancer', { sum: formatMoney(ruling.freelancerAmount) })}
        {of.claim && ` / ${formatMoney(of.claim)}`}
      </p>
      <Prose text={ruling.reason} />
      <p class="muted">
        {ruling.appealUntil ? t('dispute.appealUntil', { at: formatTime(ruling.appealUntil) }) : t('dispute.final')}
      </p>
      {ruling.appeal && (
        <p>
          {t(`dispute.appealedBy.${ruling.appeal.by}`)}: «{ruling.appeal.reason}»
        </p>
      )}
    </div>
  );
}

function Answers({
  ticket,
  ruling,
  mine,
  set,
}: {
  ticket: Ticket;
  ruling: Made;
  mine: 'author' | 'respondent';
  set: (next: Ticket) => void;
}) {
  const params = { ticketId: ticket.ticketId };
  const accepted = mine === 'author' ? ruling.acceptedByAuthor : ruling.acceptedByRespondent;
  if (accepted) return <p role="status">{t('dispute.youAccepted')}</p>;
  return (
    <div class="row">
      <Do
        kind="main"
        confirm={t('dispute.acceptSure')}
        act={async () => {
          await api('support', 'acceptRuling', { params });
          set(await api('support', 'readTicket', { params }));
        }}
      >
        {t('dispute.accept')}
      </Do>
      <WithReason
        title={t('dispute.appeal')}
        label={t('dispute.appealWhy')}
        max={4000}
        act={async (reason) => set(await api('support', 'appealRuling', { params, body: { reason } }))}
      />
    </div>
  );
}

/** What a dispute means is read before it is opened. */
export function OpenDispute({ title, orderId, subject }: { title: string; orderId: string; subject: string }) {
  const terms = useLoad(() => api('support', 'getDisputeTerms', { query: { orderId } }), [orderId]);
  return (
    <Fold title={title}>
      <Form
        button={title}
        submit={async (typed) => {
          const body = { kind: 'dispute', orderId, subject, text: typed.text('text') } as const;
          const ticket = await api('support', 'openTicket', { body });
          navigate(`/tickets/${ticket.ticketId}`);
        }}
      >
        {terms.data && <Rules of={terms.data.rules} />}
        <Field label={t('order.disputeWhat')} name="text" rows={3} required minLength={3} maxLength={10_000} />
      </Form>
    </Fold>
  );
}
