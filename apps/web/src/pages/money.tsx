import { useRef, useState } from 'preact/hooks';
import { api, saveFile } from '../api/client.ts';
import { can } from '../api/session.ts';
import { uuid } from '../api/ids.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatMoney, formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Empty, More, Problem, Shown, Status } from '../ui/parts.tsx';
import { sumOf } from './order-actions.tsx';

type Currency = 'RUB';
/** Kinds of movements that people have on their accounts. */
const KINDS = [
  'topup',
  'placement_fee',
  'placement_refund',
  'escrow_hold',
  'escrow_release',
  'escrow_refund',
  'escrow_split',
  'client_bonus',
  'platform_bonus',
  'withdrawal_request',
  'withdrawal_returned',
  'adjustment',
  'chargeback',
  'debt_payment',
] as const;
type Kind = (typeof KINDS)[number];
const CURRENCIES = ['RUB', 'USD', 'EUR', 'KZT', 'BYN', 'JPY', 'KWD'];

/** Balances, top-up, withdrawal, statement. */
export function Money() {
  useTitle(t('menu.money'));
  const [currency, setCurrency] = useState<Currency>('RUB');
  const accounts = useLoad(() => api('payments', 'getOwnAccounts'), []);
  const [round, setRound] = useState(0);
  const topupKey = useRef(uuid());
  const changed = () => {
    accounts.reload();
    setRound((n) => n + 1);
  };
  const pick = (
    <Select
      label={t('field.currency')}
      name="currency"
      value={currency}
      options={CURRENCIES.map((one) => [one, one])}
      onPick={(value) => setCurrency(value as Currency)}
    />
  );
  return (
    <>
      <h1>{t('menu.money')}</h1>
      <Shown of={accounts}>
        {(data) => (
          <ul class="balances">
            {(data.items.length > 0
              ? data.items
              : [
                  {
                    currency,
                    available: { amount: '0', currency },
                    escrow: { amount: '0', currency },
                    pendingWithdrawal: { amount: '0', currency },
                    reserved: { amount: '0', currency },
                    debt: { amount: '0', currency },
                  },
                ]
            ).map((one) => (
              <li key={one.currency} class="card">
                <small class="kicker">{t('money.available')}</small>
                <b class="balance">{formatMoney(one.available)}</b>
                <span class="muted">
                  {t('money.escrow')}: {formatMoney(one.escrow)}
                </span>
                {one.pendingWithdrawal.amount !== '0' && (
                  <span class="muted">
                    {t('money.pending')}: {formatMoney(one.pendingWithdrawal)}
                  </span>
                )}
                {one.reserved.amount !== '0' && (
                  <span class="muted">
                    {t('money.reserved')}: {formatMoney(one.reserved)}
                  </span>
                )}
                {one.debt.amount !== '0' && (
                  <span class="minus">
                    {t('money.debt')}: {formatMoney(one.debt)}{' '}
                    <Do
                      kind="link"
                      act={async () => {
                        await api('payments', 'payDebt', { body: { currency: one.currency } });
                        changed();
                      }}
                    >
                      {t('money.payDebt')}
                    </Do>
                  </span>
                )}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      <div class="pair">
        {can('payments.topup') && (
          <Fold title={t('money.topUp')} kind="fold-main">
            <Form
              button={t('money.topUpButton')}
              submit={async (typed) => {
                const topup = await api('payments', 'startTopup', {
                  body: { amount: sumOf(typed, 'amount', currency) },
                  key: topupKey.current,
                });
                topupKey.current = uuid();
                // The page of the payment provider brings the person back to /money.
                if (topup.pageUrl) location.assign(topup.pageUrl);
                else changed();
              }}
            >
              <Field label={t('field.amount')} name="amount" inputMode="decimal" required />
              {pick}
            </Form>
          </Fold>
        )}
        {can('payments.withdraw') && (
          <Fold title={t('money.withdraw')}>
            <Form
              reset
              button={t('money.withdrawButton')}
              submit={async (typed) => {
                const kind = typed.text('kind') as 'card' | 'sbp';
                await api('payments', 'requestWithdrawal', {
                  body: {
                    amount: sumOf(typed, 'amount', currency),
                    destination: { kind, token: typed.text('token').replace(/\s/g, '') },
                  },
                });
                changed();
              }}
            >
              <Field label={t('field.amount')} name="amount" inputMode="decimal" required />
              {pick}
              <Select
                label={t('money.where')}
                name="kind"
                options={[
                  ['card', t('money.card')],
                  ['sbp', t('money.sbp')],
                ]}
              />
              <Field
                label={t('money.token')}
                name="token"
                required
                hint={t('money.tokenHint')}
                placeholder="****4242"
              />
            </Form>
          </Fold>
        )}
      </div>
      <Withdrawals key={`out ${round}`} />
      <Statement key={`statement ${round} ${currency}`} currency={currency} />
      <Referral />
    </>
  );
}

/** Everything in one file, so that `artel ledger verify --statement` can check it without the platform. */
async function saveProof(currency: Currency): Promise<void> {
  let whole: Awaited<ReturnType<typeof page>> | undefined;
  const page = (cursor?: string) =>
    api('payments', 'getStatementProof', { query: { currency, limit: 100, ...(cursor ? { cursor } : {}) } });
  do {
    const next = await page(whole?.nextCursor ?? undefined);
    whole = { ...next, items: [...(whole?.items ?? []), ...next.items] };
  } while (whole.nextCursor);
  saveFile(new Blob([JSON.stringify(whole)], { type: 'application/json' }), 'statement-proof.json');
}

/** The link by which somebody brings others. */
function Referral() {
  const me = useLoad(() => api('users', 'getOwnProfile'), []);
  return (
    <Shown of={me}>
      {(data) => (
        <p class="muted">
          {t('money.bring')} <code>{`${location.origin}/register?by=${data.userId}`}</code>
        </p>
      )}
    </Shown>
  );
}

function Withdrawals() {
  const pages = usePages((cursor) => api('payments', 'listWithdrawals', { query: { cursor } }), []);
  if (pages.items.length === 0) return <Problem problem={pages.problem} />;
  return (
    <section>
      <h2>{t('money.withdrawals')}</h2>
      <ul class="list">
        {pages.items.map((one) => (
          <li key={one.withdrawalId} class="line">
            <span class="line-main">
              <b>{formatMoney(one.amount)}</b>
              <small class="muted">
                {one.destination} · {formatTime(one.createdAt)}
              </small>
            </span>
            <Status kind="withdrawalStatus" of={one.status} />
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </section>
  );
}

function Statement({ currency }: { currency: Currency }) {
  const [range, setRange] = useState<{ from?: string; to?: string; kind?: Kind }>({});
  const pages = usePages(
    (cursor) => api('payments', 'getStatement', { query: { cursor, currency, ...range } }),
    [currency, range],
  );
  const file = (format: 'csv' | 'pdf') => async () =>
    saveFile(
      await api('payments', 'getStatementFile', { query: { currency, format, ...range } }),
      `statement.${format}`,
    );
  return (
    <section>
      <div class="head">
        <h2>{t('money.statement')}</h2>
        <span class="row">
          <Do kind="link" act={file('csv')}>
            CSV
          </Do>
          <Do kind="link" act={file('pdf')}>
            PDF
          </Do>
          <Do kind="link" act={() => saveProof(currency)}>
            {t('money.proof')}
          </Do>
        </span>
      </div>
      <Form
        class="range"
        quiet
        button={t('common.apply')}
        submit={async (typed) =>
          setRange({
            from: typed.text('from') || undefined,
            to: typed.text('to') || undefined,
            kind: (typed.text('kind') || undefined) as Kind | undefined,
          })
        }
      >
        <Field label={t('common.from')} name="from" type="date" required={false} />
        <Field label={t('common.to')} name="to" type="date" required={false} />
        <Select
          label={t('money.kind')}
          name="kind"
          options={[['', t('common.any')], ...KINDS.map((one) => [one, t(`kind.${one}`)] as const)]}
        />
      </Form>
      <Form
        class="range"
        quiet
        button={t('money.act')}
        submit={async (typed) => {
          const month = typed.text('month');
          saveFile(await api('payments', 'getAct', { params: { month }, query: { currency } }), `act-${month}.pdf`);
        }}
      >
        <Field label={t('money.month')} name="month" type="month" required />
      </Form>
      <Problem problem={pages.problem} />
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('money.empty')}</p>
        </Empty>
      )}
      {pages.items.length > 0 && (
        <div class="table-wrap">
          <table class="statement">
            <thead>
              <tr>
                <th>{t('field.date')}</th>
                <th>{t('field.what')}</th>
                <th class="num">{t('field.amount')}</th>
                <th class="num">{t('money.balance')}</th>
              </tr>
            </thead>
            <tbody>
              {pages.items.map((one) => (
                <tr key={`${one.transactionId} ${one.amount.amount}`}>
                  <td>{formatTime(one.at)}</td>
                  <td>
                    {one.orderId ? (
                      <a href={`/orders/${one.orderId}`}>{t(`kind.${one.kind}`)}</a>
                    ) : (
                      t(`kind.${one.kind}`)
                    )}
                    {one.memo && <small class="muted"> {one.memo}</small>}
                  </td>
                  <td class={`num ${one.amount.amount.startsWith('-') ? 'minus' : 'plus'}`}>
                    {formatMoney(one.amount)}
                  </td>
                  <td class="num">{formatMoney(one.balance)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More act={pages.more} busy={pages.busy} />
    </section>
  );
}
