import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatMoney, fromMinor } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, PersonLine, Problem, Status } from '../ui/parts.tsx';
import { mayDo, MoneyEffect } from '../ui/steps.tsx';
import { type Order, sumOf, WithReason } from './order-actions.tsx';
import { isLive, Offer, type Response } from './order-offer.tsx';

/** What the client sees: all responses, and what he may do with each. */
export function Responses({ order, changed }: { order: Order; changed: () => void }) {
  const { orderId } = order;
  const pages = usePages(
    (cursor) => api('orders', 'listResponses', { params: { orderId }, query: { cursor } }),
    [orderId],
  );
  const after = () => {
    pages.reload();
    changed();
  };
  return (
    <section>
      <div class="head">
        <h2>{t('order.responsesTitle')}</h2>
        {mayDo(order.actions, 'invite') && (
          <a class="button-quiet" href={`/freelancers?${wanted(order)}`}>
            {t('invite.find')}
          </a>
        )}
      </div>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('responses.none')}</p>
        </Empty>
      )}
      <ul class="cards">
        {pages.items.map((one) => (
          <li key={one.responseId} class="card">
            <div class="card-top">
              <PersonLine person={one.freelancer} />
              <Status kind="responseStatus" of={one.status} />
            </div>
            <Offer response={one} />
            {isLive(one) && <Judge order={order} response={one} after={after} />}
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </section>
  );
}

/** A search for freelancers who can what the order wants, to invite them to it. */
function wanted(order: Order): string {
  return new URLSearchParams([
    ['for', order.orderId],
    ...order.skills.slice(0, 1).map((skill) => ['skill', skill] as [string, string]),
  ]).toString();
}

function Judge({ order, response, after }: { order: Order; response: Response; after: () => void }) {
  const params = { orderId: response.orderId, responseId: response.responseId };
  const then = async (step: Promise<unknown>) => {
    await step;
    after();
  };
  const accept = order.actions.find((one) => one.name === 'accept_response');
  return (
    <>
      {accept?.allowed && accept.moneyEffect && <MoneyEffect text={accept.moneyEffect} />}
      <div class="row">
        {mayDo(order.actions, 'accept_response') && (
          <Do
            kind="main"
            confirm={t('responses.acceptSure', { sum: formatMoney(response.price) })}
            act={() => then(api('orders', 'acceptResponse', { params, body: { responseVersion: response.version } }))}
          >
            {t('responses.accept')}
          </Do>
        )}
        {response.status === 'submitted' && (
          <Do act={() => then(api('orders', 'shortlistResponse', { params }))}>{t('responses.shortlist')}</Do>
        )}
        <Counter response={response} act={(body) => then(api('orders', 'makeCounterOffer', { params, body }))} />
        <WithReason
          title={t('responses.decline')}
          label={t('field.reason')}
          act={(reason) => then(api('orders', 'declineResponse', { params, body: { reason } }))}
        />
      </div>
    </>
  );
}

/** The client's own price and term for what was offered. */
function Counter({
  response: { price, days },
  act,
}: {
  response: Response;
  act: (body: { price: Response['price']; days: number; note: string | null }) => Promise<unknown>;
}) {
  return (
    <Fold title={t('counter.make')}>
      <Form
        button={t('counter.send')}
        submit={(typed) =>
          act({
            price: sumOf(typed, 'price', price.currency),
            days: Number(typed.text('days')),
            note: typed.text('note') || null,
          })
        }
      >
        <p class="muted">{t('counter.text')}</p>
        <div class="pair">
          <Field
            label={`${t('field.price')}, ${price.currency}`}
            name="price"
            inputMode="decimal"
            value={fromMinor(price.amount, price.currency)}
            required
          />
          <Field label={t('field.days')} name="days" type="number" min={1} max={365} value={String(days)} required />
        </div>
        <Field label={t('counter.note')} name="note" rows={2} maxLength={2000} required={false} />
      </Form>
    </Fold>
  );
}
