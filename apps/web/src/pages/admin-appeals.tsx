import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatTime } from '../ui/format.ts';
import { Field, Form, Select } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem, Shown, Status } from '../ui/parts.tsx';
import { BlockFacts } from './admin-block.tsx';
import { WithReason } from './order-actions.tsx';

/** Appeals of blocked people, and acts that wait for a second admin. */
export function AdminAppeals() {
  useTitle(t('admin.appeals'));
  const status = useQuery().get('status') === 'decided' ? 'decided' : 'open';
  const pages = usePages((cursor) => api('admin', 'listBlockAppeals', { query: { cursor, status } }), [status]);
  return (
    <>
      <AdminTabs at="/admin/appeals" />
      <Proposals />
      <h2>{t('admin.appeals')}</h2>
      <Select
        label={t('field.status')}
        name="status"
        value={status}
        options={['open', 'decided'].map((one) => [one, t(`escalation.${one}`)])}
        onPick={(value) => changeQuery({ status: value })}
      />
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('admin.noAppeals')}</p>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((one) => (
          <li key={one.appealId} class="card">
            <p class="card-top">
              <b>{one.displayName ?? one.userId}</b>
              <Status kind="appealStatus" of={one.status} />
              <time class="muted" dateTime={one.createdAt}>
                {formatTime(one.createdAt)}
              </time>
            </p>
            <BlockFacts block={one.block} />
            {one.status === 'open' && (
              <Form
                button={t('admin.decide')}
                submit={async (typed) => {
                  await api('admin', 'decideBlockAppeal', {
                    params: { appealId: one.appealId },
                    body: { decision: typed.text('decision') as 'lift', reason: typed.text('reason') },
                  });
                  pages.reload();
                }}
              >
                <Select
                  label={t('admin.decision')}
                  name="decision"
                  options={['keep', 'lift'].map((two) => [two, t(`appealDecision.${two}`)])}
                />
                <Field
                  label={t('admin.answerToPerson')}
                  name="reason"
                  rows={3}
                  required
                  minLength={3}
                  maxLength={2000}
                />
              </Form>
            )}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Proposals() {
  const proposals = useLoad(() => api('admin', 'listProposals'), []);
  return (
    <Shown of={proposals}>
      {({ items }) =>
        items.length === 0 ? null : (
          <section>
            <h2>{t('admin.waiting')}</h2>
            <ul class="cards">
              {items.map((one) => (
                <li key={one.proposalId} class="card">
                  <code>{one.action}</code>
                  <p>{one.reason}</p>
                  <pre class="json">{JSON.stringify(one.details, null, 2)}</pre>
                  <small class="muted">
                    {formatTime(one.proposedAt)} · {t('admin.until', { at: formatTime(one.expiresAt) })}
                  </small>
                  <WithReason
                    title={t('admin.withdraw')}
                    label={t('field.reason')}
                    act={async () => {
                      await api('admin', 'withdrawProposal', { params: { proposalId: one.proposalId } });
                      proposals.reload();
                    }}
                  />
                </li>
              ))}
            </ul>
          </section>
        )
      }
    </Shown>
  );
}
