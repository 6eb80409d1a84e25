import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatAgo } from '../ui/format.ts';
import { Field, Fold, Form, Select, type Typed } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem, Status } from '../ui/parts.tsx';
import { sumOf } from './order-actions.tsx';

/** Tickets that support escalated, and the decision on each. */
export function AdminEscalations() {
  useTitle(t('admin.escalations'));
  const pages = usePages((cursor) => api('admin', 'listEscalations', { query: { cursor } }), []);
  return (
    <>
      <AdminTabs at="/admin/escalations" />
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('admin.noEscalations')}</p>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((one) => (
          <li key={one.ticketId} class="card">
            <p class="card-top">
              <span class="kicker">
                № {one.number} · {t(`ticketKind.${one.kind}`)}
              </span>
              <Status kind="escalation" of={one.status} />
              <time class="muted" dateTime={one.escalatedAt}>
                {formatAgo(one.escalatedAt)}
              </time>
            </p>
            <h3>
              <a href={`/support/${one.ticketId}`}>{one.subject}</a>
            </h3>
            <p>{one.reason}</p>
            {one.status === 'open' && can('admin.escalations.decide') && (
              <Decide
                ticketId={one.ticketId}
                dispute={one.kind === 'dispute'}
                review={one.reviewId !== null}
                changed={pages.reload}
              />
            )}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Decide({
  ticketId,
  dispute,
  review,
  changed,
}: {
  ticketId: string;
  dispute: boolean;
  review: boolean;
  changed: () => void;
}) {
  const decide = async (decision: Parameters<typeof send>[1]) => {
    await send(ticketId, decision);
    changed();
  };
  return (
    <div class="row">
      <TextDecision
        title={t('decision.answer')}
        submit={(typed) => decide({ kind: 'answer', text: typed.text('text') })}
      />
      <TextDecision
        title={t('decision.return')}
        submit={(typed) => decide({ kind: 'return', reason: typed.text('text') })}
      />
      {review && (
        <TextDecision
          title={t('staff.deleteReview')}
          submit={(typed) => decide({ kind: 'delete_review', ground: 'other', justification: typed.text('text') })}
        />
      )}
      {review && (
        <TextDecision
          title={t('staff.restoreReview')}
          submit={(typed) => decide({ kind: 'restore_review', justification: typed.text('text') })}
        />
      )}
      {dispute && (
        <Fold title={t('staff.ruling')}>
          <Form
            button={t('staff.ruling')}
            submit={(typed) =>
              decide({
                kind: 'ruling',
                outcome: typed.text('outcome') as 'split',
                freelancerAmount: sumOf(typed, 'amount', 'RUB'),
                reason: typed.text('text'),
              })
            }
          >
            <Select
              label={t('staff.outcome')}
              name="outcome"
              options={['release', 'refund', 'split'].map((one) => [one, t(`outcome.${one}`)])}
            />
            <Field label={t('settlement.amount')} name="amount" inputMode="decimal" value="0" required />
            <Field label={t('field.reason')} name="text" rows={3} required minLength={3} maxLength={4000} />
          </Form>
        </Fold>
      )}
    </div>
  );
}

function TextDecision({ title, submit }: { title: string; submit: (typed: Typed) => Promise<unknown> }) {
  return (
    <Fold title={title}>
      <Form button={title} submit={submit}>
        <Field label={t('field.text')} name="text" rows={4} required minLength={3} maxLength={4000} />
      </Form>
    </Fold>
  );
}

type Decision = NonNullable<NonNullable<Parameters<typeof api<'admin', 'decideEscalation'>>[2]>['body']>['decision'];
function send(ticketId: string, decision: Decision) {
  return api('admin', 'decideEscalation', { params: { ticketId }, body: { decision } });
}
