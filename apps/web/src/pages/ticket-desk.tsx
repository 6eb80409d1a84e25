import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { currentLocale, t } from '../i18n.ts';
import { formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Status } from '../ui/parts.tsx';
import type { Ticket } from './ticket.tsx';

const GROUNDS = ['insult', 'personal_data', 'not_about_deal', 'fraud', 'spam', 'unlawful', 'other'] as const;

/** Whether one is at work: tickets are given to who is. */
export function Presence() {
  const own = useLoad(() => api('support', 'getOwnPresence'), []);
  const say = (state: 'online' | 'away' | 'planned') => async () =>
    own.set(await api('support', 'setOwnPresence', { body: { state } }));
  const { data } = own;
  if (!data) return null;
  return (
    <fieldset class="row">
      <legend>{t('presence.workingTime')}</legend>
      <span role="status">
        <Status kind="presence" of={data.present ? 'here' : 'gone'} /> {t('presence.load', { count: data.openTickets })}
        {data.said && <small class="muted"> {t('admin.until', { at: formatTime(data.said.until) })}</small>}
      </span>
      {data.present ? (
        <Do act={say('away')}>{t('presence.leave')}</Do>
      ) : (
        <Do kind="main" act={say('online')}>
          {t('presence.come')}
        </Do>
      )}
      {data.said && <Do act={say('planned')}>{t('presence.planned')}</Do>}
    </fieldset>
  );
}

/** What support can do to the review of a ticket (S3). */
export function ReviewActs({ ticket, set }: { ticket: Ticket; set: (next: Ticket) => void }) {
  const params = { ticketId: ticket.ticketId };
  const justification = (
    <Field label={t('staff.justification')} name="text" rows={4} required minLength={10} maxLength={4000} />
  );
  const ground = (
    <Select label={t('staff.ground')} name="ground" options={GROUNDS.map((one) => [one, t(`ground.${one}`)])} />
  );
  if (!ticket.reviewId || !can('reviews.delete')) return null;
  if (ticket.kind === 'appeal')
    return (
      <Fold title={t('staff.restoreReview')}>
        <Form
          button={t('staff.restoreReview')}
          submit={async (typed) =>
            set(await api('support', 'restoreTicketReview', { params, body: { justification: typed.text('text') } }))
          }
        >
          {justification}
        </Form>
      </Fold>
    );
  return (
    <>
      <Fold title={t('staff.redactReview')}>
        <Form
          button={t('staff.redactReview')}
          submit={async (typed) =>
            set(
              await api('support', 'redactTicketReview', {
                params,
                body: {
                  ground: typed.text('ground') as 'insult',
                  justification: typed.text('text'),
                  parts: typed
                    .text('parts')
                    .split('\n')
                    .map((line) => line.trim())
                    .filter((line) => line !== ''),
                },
              }),
            )
          }
        >
          <Field label={t('staff.redactParts')} name="parts" rows={3} required hint={t('staff.redactHint')} />
          {ground}
          {justification}
        </Form>
      </Fold>
      <Fold title={t('staff.deleteReview')}>
        <Form
          button={t('staff.deleteReview')}
          submit={async (typed) =>
            set(
              await api('support', 'deleteTicketReview', {
                params,
                body: { ground: typed.text('ground') as 'insult', justification: typed.text('text') },
              }),
            )
          }
        >
          {ground}
          {justification}
        </Form>
      </Fold>
    </>
  );
}

/** Tickets that belong together, by the number that people see. */
export function Together({ ticket, set }: { ticket: Ticket; set: (next: Ticket) => void }) {
  const params = { ticketId: ticket.ticketId };
  const related = useLoad(
    () => api('support', 'getQueue', { query: { limit: 100 } }).then((page) => page.items),
    [ticket.ticketId],
  );
  const others = (related.data ?? []).filter((one) => one.ticketId !== ticket.ticketId);
  const mergeable = others.filter((one) => one.authorId === ticket.authorId && one.kind !== 'dispute');
  const option = (one: (typeof others)[number]) => [one.ticketId, `№ ${one.number} ${one.subject}`] as const;
  return (
    <>
      {ticket.links.length > 0 && (
        <ul class="list">
          {ticket.links.map((one) => (
            <li key={one.ticketId}>
              <a href={`/support/${one.ticketId}`}>
                № {one.number} {one.subject}
              </a>{' '}
              <Status kind="ticketStatus" of={one.status} />
              <Do
                kind="link"
                label={t('staff.unlinkOne', { number: one.number })}
                act={async () =>
                  set(await api('support', 'unlinkTicket', { params: { ...params, otherId: one.ticketId } }))
                }
              >
                ×
              </Do>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <Fold title={t('staff.link')}>
          <Form
            button={t('staff.link')}
            submit={async (typed) =>
              set(await api('support', 'linkTicket', { params: { ...params, otherId: typed.text('other') } }))
            }
          >
            <Select label={t('staff.otherTicket')} name="other" options={others.map(option)} />
          </Form>
        </Fold>
      )}
      {ticket.kind !== 'dispute' && ticket.mergedInto === null && mergeable.length > 0 && (
        <Fold title={t('staff.merge')}>
          <Form
            button={t('staff.merge')}
            submit={async (typed) => {
              await api('support', 'mergeTicket', { params, body: { into: typed.text('other') } });
              set(await api('support', 'readTicket', { params }));
            }}
          >
            <Select label={t('staff.mergeInto')} name="other" options={mergeable.map(option)} />
          </Form>
        </Fold>
      )}
    </>
  );
}

/** Ready texts: the chosen one is put into the answer, where it can be changed. */
export function CannedReplies({ put }: { put: (text: string) => void }) {
  const replies = useLoad(() => api('support', 'listCannedReplies'), []);
  const items = replies.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Select
      label={t('staff.canned')}
      name="canned"
      options={[['', '—'], ...items.map((one) => [one.key, one.title] as const)]}
      onPick={(key) => {
        const reply = items.find((one) => one.key === key);
        if (reply) put(reply.texts[currentLocale()]);
      }}
    />
  );
}
