import type { z } from 'zod';
import type { userSummary } from '#contracts/users/internal.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatDate, formatMoney, formatTime, type MoneyLike } from '../ui/format.ts';
import { Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Avatar, Empty, Facts, Loading, More, Problem, Shown, Status, Tags } from '../ui/parts.tsx';
import { BlockFacts, BlockForm } from './admin-block.tsx';
import { WithReason } from './order-actions.tsx';

type User = z.output<typeof userSummary>;

export function AdminUsers() {
  useTitle(t('admin.users'));
  const query = useQuery();
  const q = query.get('q') ?? '';
  const status = query.get('status') ?? '';
  const pages = usePages(
    (cursor) =>
      api('admin', 'listUsers', { query: { cursor, q: q || undefined, status: (status || undefined) as 'active' } }),
    [q, status],
  );
  return (
    <>
      <AdminTabs at="/admin/users" />
      <Form
        class="search-line"
        button={t('common.find')}
        submit={async (typed) => changeQuery({ q: typed.text('q'), status: typed.text('status') })}
      >
        <Field label={t('admin.userSearch')} name="q" type="search" value={q} required={false} />
        <Select
          label={t('field.status')}
          name="status"
          value={status}
          options={[
            ['', t('common.any')],
            ...['active', 'blocked', 'erased'].map((one) => [one, t(`userStatus.${one}`)] as const),
          ]}
        />
      </Form>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('admin.noUsers')}</p>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((user) => (
          <UserCard key={user.userId} user={user} changed={pages.reload} />
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function UserCard({ user, changed }: { user: User; changed: () => void }) {
  const params = { userId: user.userId };
  return (
    <li class="card">
      <div class="person">
        <Avatar name={user.displayName} url={user.avatarUrl} />
        <span>
          <b>
            <a href={`/u/${user.slug}`}>{user.displayName}</a>
          </b>
          <small class="muted">
            {user.email} · {formatDate(user.registeredAt)}
          </small>
        </span>
        <Status kind="userStatus" of={user.status} />
      </div>
      {user.blockReason && (
        <p class="muted">
          {user.blockReason}
          {user.blockedUntil && ` · ${t('admin.until', { at: formatTime(user.blockedUntil) })}`}
        </p>
      )}
      <div class="row">
        {can('admin.users.block') && user.status === 'active' && <BlockForm userId={user.userId} changed={changed} />}
        {can('admin.users.block') && user.status === 'blocked' && (
          <WithReason
            title={t('admin.unblock')}
            label={t('field.reason')}
            act={async (reason) => {
              await api('admin', 'unblockUser', { params, body: { reason } });
              changed();
            }}
          />
        )}
        <Fold title={t('admin.more')}>
          <Details userId={user.userId} />
        </Fold>
      </div>
    </li>
  );
}

function countsOf(of: readonly { status: string; count: number }[]): string {
  return of.map((one) => `${t(`orderStatus.${one.status}`)}: ${one.count}`).join(', ') || '—';
}

function Details({ userId }: { userId: string }) {
  const card = useLoad(() => api('admin', 'getUserCard', { params: { userId } }), [userId]);
  return (
    <Shown of={card}>
      {(data) => (
        <>
          <Tags of={data.roles} />
          <Facts
            items={[
              ...(data.money ?? []).map(
                (one) => [one.available.currency, formatMoney(one.available as MoneyLike)] as const,
              ),
              data.deals !== null && [t('role.client'), countsOf(data.deals.asClient)],
              data.deals !== null && [t('role.freelancer'), countsOf(data.deals.asFreelancer)],
            ]}
          />
          {data.blocks.map((block) => (
            <BlockFacts key={block.blockId} block={block} />
          ))}
          {data.tickets && data.tickets.length > 0 && (
            <ul class="list">
              {data.tickets.map((one) => (
                <li key={one.ticketId}>
                  <a href={`/support/${one.ticketId}`}>
                    № {one.number} {one.subject}
                  </a>{' '}
                  <Status kind="ticketStatus" of={one.status} />
                </li>
              ))}
            </ul>
          )}
          {can('admin.users.erase') && (
            <WithReason
              title={t('admin.erase')}
              label={t('field.reason')}
              act={async (reason) => {
                await api('admin', 'eraseUser', { params: { userId }, body: { reason } });
                card.reload();
              }}
            />
          )}
          <ol class="history">
            {data.recentActs.map((act, place) => (
              <li key={place}>
                <time class="muted" dateTime={act.at}>
                  {formatTime(act.at)}
                </time>
                <span>
                  {act.action} — {t(`outcome.${act.outcome}`)} {act.reason && <span class="muted">«{act.reason}»</span>}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Shown>
  );
}
