import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { Select } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem } from '../ui/parts.tsx';
import { TicketLine } from '../ui/ticket-line.tsx';
import { Presence } from './ticket-desk.tsx';

const STATUSES = ['new', 'assigned', 'waiting_for_user', 'answered', 'resolved', 'closed', 'escalated'];

/** Tickets for staff, the next deadline first. */
export function SupportQueue() {
  useTitle(t('menu.support'));
  const query = useQuery();
  const word = (name: string) => query.get(name) || undefined;
  const pages = usePages(
    (cursor) =>
      api('support', 'getQueue', {
        query: {
          cursor,
          status: word('status') as 'new',
          assignee: word('assignee') as 'me',
          kind: word('kind') as 'question',
        },
      }),
    [query.toString()],
  );
  return (
    <>
      <h1>{t('menu.support')}</h1>
      <Presence />
      <div class="pair pair-3">
        <Select
          label={t('field.status')}
          name="status"
          value={word('status')}
          options={[['', t('staff.openOnes')], ...STATUSES.map((one) => [one, t(`ticketStatus.${one}`)] as const)]}
          onPick={(value) => changeQuery({ status: value })}
        />
        <Select
          label={t('staff.assignee')}
          name="assignee"
          value={word('assignee')}
          options={[
            ['', t('common.any')],
            ['me', t('staff.me')],
            ['none', t('staff.nobody')],
          ]}
          onPick={(value) => changeQuery({ assignee: value })}
        />
        <Select
          label={t('tickets.about')}
          name="kind"
          value={word('kind')}
          options={[
            ['', t('common.any')],
            ...['question', 'complaint', 'dispute', 'review', 'payment', 'appeal'].map(
              (one) => [one, t(`ticketKind.${one}`)] as const,
            ),
          ]}
          onPick={(value) => changeQuery({ kind: value })}
        />
      </div>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('staff.empty')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((one) => (
          <TicketLine key={one.ticketId} ticket={one} href={`/support/${one.ticketId}`} staff />
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
