import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useStore } from '../store.ts';
import { formatAgo, formatDate, formatMoney, toMinor } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select, type Typed } from '../ui/form.tsx';
import { Prose, Status } from '../ui/parts.tsx';
import { mayDo, MoneyEffect } from '../ui/steps.tsx';
import { endOfDay, type Order, sumOf, tomorrow } from './order-actions.tsx';

type Proposal = NonNullable<Order['proposals']>[number];
type Terms = Proposal['terms'];
type Kind = Terms['kind'];
interface Of {
  order: Order;
  changed: () => void;
}

/** Changes of a running deal: what one side proposes and the other decides, and the form for a new one. */
export function Proposals({ order, changed }: Of) {
  const { proposals } = order;
  const canPropose = order.actions.find((one) => one.name === 'propose');
  if (!proposals || (proposals.length === 0 && !canPropose)) return null;
  return (
    <section>
      <h2>{t('proposals.title')}</h2>
      <ul class="cards">
        {proposals.map((one) => (
          <li key={one.proposalId} class="card">
            <Card order={order} proposal={one} changed={changed} />
          </li>
        ))}
      </ul>
      {canPropose &&
        (canPropose.allowed ? (
          <Propose order={order} changed={changed} />
        ) : (
          <p class="muted">
            {t('action.propose')}: {canPropose.why}
          </p>
        ))}
    </section>
  );
}

function Card({ order, proposal: one, changed }: Of & { proposal: Proposal }) {
  return (
    <article aria-label={t(`proposalKind.${one.terms.kind}`)}>
      <p class="card-top">
        <span class="kicker">{t(`proposalKind.${one.terms.kind}`)}</span>
        <Status kind="proposalStatus" of={one.status} />
        <time class="muted" dateTime={one.createdAt}>
          {t(`role.${one.by}`)}, {formatAgo(one.createdAt)}
        </time>
      </p>
      <TermsInWords terms={one.terms} order={order} />
      {one.reason && <p class="muted">«{one.reason}»</p>}
      {one.status === 'open' && <Decide order={order} proposal={one} changed={changed} />}
    </article>
  );
}

function TermsInWords({ terms, order }: { terms: Terms; order: Order }) {
  const { currency } = order.budget;
  switch (terms.kind) {
    case 'deadline':
      return <p>{t('proposals.deadline', { date: formatDate(terms.dueAt) })}</p>;
    case 'scope':
      return (
        <>
          <Prose text={terms.text} />
          {terms.extra && <p>{t('proposals.extra', { sum: formatMoney(terms.extra) })}</p>}
          {terms.dueAt && <p>{t('proposals.deadline', { date: formatDate(terms.dueAt) })}</p>}
        </>
      );
    case 'milestone':
      return (
        <p>
          {t('proposals.milestone', {
            title: terms.milestone.title,
            sum: formatMoney({ amount: terms.milestone.amount, currency }),
            days: t('responses.days', { count: terms.milestone.days }),
          })}
        </p>
      );
    case 'rate':
      return (
        <p>
          {t('proposals.rate', {
            sum: t('profile.perHour', { sum: formatMoney(terms.rate) }),
            cap: t('hours.cap', { count: terms.weeklyHours }),
          })}
        </p>
      );
    case 'cancellation':
      return <p>{t('proposals.cancellation', { sum: formatMoney(terms.freelancerAmount) })}</p>;
  }
}

/** Only the open proposal can be decided on: the order's own actions say by whom. */
function Decide({ order, proposal, changed }: Of & { proposal: Proposal }) {
  const person = useStore(session);
  const params = { orderId: order.orderId, proposalId: proposal.proposalId };
  const agree = order.actions.find((one) => /^agree/.test(one.name) && one.allowed);
  const own = (proposal.by === 'client') === (order.client?.userId === person?.userId);
  const then = (step: () => Promise<unknown>) => async () => {
    await step();
    changed();
  };
  return (
    <>
      {own && <p class="muted">{t('proposals.waiting')}</p>}
      {agree?.moneyEffect && <MoneyEffect text={agree.moneyEffect} />}
      <div class="row">
        {agree && (
          <Do kind="main" act={then(() => api('orders', 'consentToProposal', { params }))}>
            {t('proposals.agree')}
          </Do>
        )}
        {mayDo(order.actions, 'refuse_proposal') && (
          <Do kind="bad" act={then(() => api('orders', 'refuseProposal', { params }))}>
            {t('proposals.refuse')}
          </Do>
        )}
        {mayDo(order.actions, 'withdraw_proposal') && (
          <Do act={then(() => api('orders', 'withdrawProposal', { params }))}>{t('proposals.withdraw')}</Do>
        )}
      </div>
    </>
  );
}

/** Of an hourly deal the rate and the cap change, of others date and parts. */
function kindsOf(order: Order): Kind[] {
  if (order.pricing === 'hourly') return ['rate', 'scope', 'cancellation'];
  const parts: Kind[] = order.milestones && order.milestones.length > 0 ? ['milestone'] : [];
  return ['deadline', 'scope', ...parts, 'cancellation'];
}

function termsOf(kind: Kind, typed: Typed, order: Order): Terms {
  const { currency } = order.budget;
  const day = typed.text('dueAt');
  const dueAt = day ? endOfDay(day) : null;
  switch (kind) {
    case 'deadline':
      return { kind, dueAt: dueAt ?? '' };
    case 'scope':
      return {
        kind,
        text: typed.text('text'),
        extra: typed.text('extra') ? sumOf(typed, 'extra', currency) : null,
        dueAt,
      };
    case 'milestone': {
      const amount = toMinor(typed.text('amount'), currency) ?? '';
      return { kind, milestone: { title: typed.text('title'), amount, days: Number(typed.text('days')) } };
    }
    case 'rate':
      return { kind, rate: sumOf(typed, 'rate', currency), weeklyHours: Number(typed.text('weeklyHours')) };
    case 'cancellation':
      return { kind, freelancerAmount: sumOf(typed, 'freelancerAmount', currency) };
  }
}

function Propose({ order, changed }: Of) {
  const kinds = kindsOf(order);
  const [kind, setKind] = useState<Kind>(kinds[0] ?? 'scope');
  return (
    <Fold title={t('action.propose')}>
      <div class="form">
        <Select
          label={t('proposals.what')}
          name="kind"
          value={kind}
          options={kinds.map((one) => [one, t(`proposalKind.${one}`)])}
          onPick={(value) => setKind(value as Kind)}
        />
        <Form
          key={kind}
          button={t('proposals.send')}
          submit={async (typed) => {
            const body = { terms: termsOf(kind, typed, order), reason: typed.text('reason') };
            await api('orders', 'propose', { params: { orderId: order.orderId }, body });
            changed();
          }}
        >
          <TermsFields kind={kind} order={order} />
          <Field label={t('field.reason')} name="reason" rows={2} required minLength={3} maxLength={2000} />
          <p class="muted">{t('proposals.consent')}</p>
        </Form>
      </div>
    </Fold>
  );
}

function TermsFields({ kind, order }: { kind: Kind; order: Order }) {
  const { currency } = order.budget;
  const money = (label: string) => `${t(label)}, ${currency}`;
  switch (kind) {
    case 'deadline':
      return <Field label={t('proposals.newDate')} name="dueAt" type="date" min={tomorrow()} required />;
    case 'rate':
      return (
        <div class="pair">
          <Field label={money('hours.rate')} name="rate" inputMode="decimal" required />
          <Field
            label={t('edit.weeklyHours')}
            name="weeklyHours"
            type="number"
            min={1}
            max={80}
            value={String(order.weeklyHours ?? '')}
            required
          />
        </div>
      );
    case 'scope':
      return (
        <>
          <Field label={t('proposals.text')} name="text" rows={4} required minLength={10} maxLength={10_000} />
          {order.pricing === 'fixed' && (
            <div class="pair">
              <Field
                label={money('proposals.extraSum')}
                name="extra"
                inputMode="decimal"
                hint={t('proposals.extraHint')}
                required={false}
              />
              <Field label={t('proposals.newDate')} name="dueAt" type="date" min={tomorrow()} required={false} />
            </div>
          )}
        </>
      );
    case 'milestone':
      return (
        <>
          <Field label={t('field.title')} name="title" required minLength={3} maxLength={150} />
          <div class="pair">
            <Field label={money('field.amount')} name="amount" inputMode="decimal" required />
            <Field label={t('field.days')} name="days" type="number" min={1} max={365} required />
          </div>
        </>
      );
    case 'cancellation':
      return (
        <Field
          label={money('proposals.keeps')}
          name="freelancerAmount"
          inputMode="decimal"
          value="0"
          required
          hint={order.held ? t('proposals.keepsHint', { sum: formatMoney(order.held) }) : undefined}
        />
      );
  }
}
