import { useRef } from 'preact/hooks';
import { api } from '../api/client.ts';
import { uuid } from '../api/ids.ts';
import { t } from '../i18n.ts';
import { navigate, useQuery, useTitle } from '../router.ts';
import { Field, Fold, Form, Select } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem } from '../ui/parts.tsx';
import { TicketLine } from '../ui/ticket-line.tsx';

const KINDS = ['question', 'complaint', 'payment', 'review', 'appeal'] as const;
/** What a ticket can be about, as other pages link to it: `/tickets?review=…&kind=appeal`. */
const SUBJECTS = [
  ['order', 'orderId'],
  ['review', 'reviewId'],
  ['user', 'userId'],
  ['transaction', 'transactionId'],
  ['message', 'messageId'],
] as const;

/** Own tickets, and a new one. Disputes and reviews are reported where they stand. */
export function Tickets() {
  useTitle(t('menu.help'));
  const query = useQuery();
  const about = Object.fromEntries(
    SUBJECTS.flatMap(([name, key]) => (query.get(name) ? [[key, query.get(name)]] : [])),
  );
  const kinds = KINDS.filter((kind) => (kind !== 'review' && kind !== 'appeal') || about['reviewId']);
  const key = useRef(uuid());
  const pages = usePages((cursor) => api('support', 'listOwnTickets', { query: { cursor } }), []);
  return (
    <div class="narrow">
      <h1>{t('menu.help')}</h1>
      <Fold title={t('tickets.open')} kind="fold-main">
        <Form
          button={t('tickets.send')}
          submit={async (typed) => {
            const ticket = await api('support', 'openTicket', {
              body: {
                kind: typed.text('kind') as (typeof KINDS)[number],
                subject: typed.text('subject'),
                text: typed.text('text'),
                ...about,
              },
              key: key.current,
            });
            navigate(`/tickets/${ticket.ticketId}`);
          }}
        >
          <Select
            label={t('tickets.about')}
            name="kind"
            value={query.get('kind') ?? 'question'}
            options={kinds.map((kind) => [kind, t(`ticketKind.${kind}`)])}
          />
          <Field label={t('field.subject')} name="subject" required minLength={3} maxLength={200} />
          <Field label={t('field.text')} name="text" rows={6} required minLength={3} maxLength={10_000} />
          <p class="muted">{t('tickets.disputeHint')}</p>
        </Form>
      </Fold>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('tickets.none')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((one) => (
          <TicketLine key={one.ticketId} ticket={one} href={`/tickets/${one.ticketId}`} />
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </div>
  );
}
