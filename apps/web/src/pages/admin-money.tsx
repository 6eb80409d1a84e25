import { api } from '../api/client.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatMoney } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, Problem } from '../ui/parts.tsx';
import { sumOf } from './order-actions.tsx';

/** Corrections of balances with the second admin's approval, and bonuses of the platform. */
export function AdminMoney() {
  useTitle(t('admin.money'));
  const pages = usePages((cursor) => api('payments', 'listAdjustments', { query: { cursor } }), []);
  return (
    <>
      <AdminTabs at="/admin/money" />
      <div class="pair">
        <Fold title={t('admin.adjust')}>
          <Form
            reset
            button={t('admin.adjust')}
            submit={async (typed) => {
              const minus = typed.text('amount').startsWith('-');
              const { amount, currency } = sumOf(
                { ...typed, text: (name) => typed.text(name).replace(/^[-+]/, '') },
                'amount',
                'RUB',
              );
              await api('payments', 'requestAdjustment', {
                body: {
                  userId: typed.text('userId'),
                  amount: { amount: minus ? `-${amount}` : amount, currency },
                  reason: typed.text('reason'),
                },
              });
              pages.reload();
            }}
          >
            <Field label={t('admin.userId')} name="userId" required />
            <Field label={t('field.amount')} name="amount" required hint={t('admin.adjustHint')} />
            <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={500} />
          </Form>
        </Fold>
        <Fold title={t('admin.bonus')}>
          <Form
            reset
            button={t('admin.bonus')}
            submit={async (typed) => {
              await api('payments', 'grantBonus', {
                body: {
                  userId: typed.text('userId'),
                  amount: sumOf(typed, 'amount', 'RUB'),
                  reason: typed.text('reason'),
                },
              });
            }}
          >
            <Field label={t('admin.userId')} name="userId" required />
            <Field label={t('field.amount')} name="amount" inputMode="decimal" required />
            <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={500} />
          </Form>
        </Fold>
      </div>
      <h2>{t('admin.adjustments')}</h2>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('admin.noAdjustments')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((one) => (
          <li key={one.adjustmentId} class="line">
            <span class="line-main">
              <b>{formatMoney(one.amount)}</b>
              <small class="muted">
                {one.reason} · {one.userId}
              </small>
            </span>
            {one.status === 'waiting_for_approval' && <span class="muted">{t('admin.waiting')}</span>}
            {one.status === 'waiting_for_approval' && one.requestedBy !== session.value?.userId && (
              <Do
                act={async () => {
                  await api('payments', 'approveAdjustment', { params: { adjustmentId: one.adjustmentId } });
                  pages.reload();
                }}
              >
                {t('admin.approve')}
              </Do>
            )}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
