import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatMoney, fromMinor } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Empty, Loading, More, PersonLine, Problem, Status } from '../ui/parts.tsx';
import { mayDo, Steps } from '../ui/steps.tsx';
import { type Order, sumOf, WithReason } from './order-actions.tsx';
import { Offer, type Response } from './order-offer.tsx';

const SHOWN = ['accept', 'shortlist', 'counter', 'decline'];

/** What the client sees: all responses, and what he may do with each, as each says itself. */
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
            <Card order={order} listed={one} after={after} key={one.version} />
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

/** Opening a response is a step of its own: its author sees it, and the deposit may depend on it. */
function Card({ order, listed, after }: { order: Order; listed: Response; after: () => void }) {
  const [opened, setOpened] = useState<Response>();
  const response = opened ?? listed;
  const params = { orderId: listed.orderId, responseId: listed.responseId };
  const hourly = order.pricing === 'hourly';
  const open = async () => {
    // Read whole: with the arithmetic of its price.
    if (response.openedAt === null) await api('orders', 'openResponse', { params });
    setOpened(await api('orders', 'getResponse', { params }));
  };
  const shut = response.openedAt === null && response.actions.length > 0;
  return (
    <>
      <div class="card-top">
        <PersonLine person={listed.freelancer} />
        <Status kind="responseStatus" of={response.status} />
      </div>
      <Offer response={response} hourly={hourly} brief={shut} />
      {shut ? (
        <Do kind="main" act={open} label={t('responses.openThis', { name: listed.freelancer?.displayName ?? '' })}>
          {t('responses.open')}
        </Do>
      ) : (
        <div class="steps-below">
          {response.arithmetic === null && response.actions.length > 0 && (
            <Do kind="link" act={open}>
              {t('offer.count')}
            </Do>
          )}
          <Steps
            actions={response.actions}
            shown={SHOWN}
            words="responseAction"
            render={(name, title) => <Judge name={name} title={title} response={response} after={after} />}
          />
        </div>
      )}
    </>
  );
}

function Judge({
  name,
  title,
  response,
  after,
}: {
  name: string;
  title: string;
  response: Response;
  after: () => void;
}) {
  const params = { orderId: response.orderId, responseId: response.responseId };
  const then = async (step: Promise<unknown>) => {
    await step;
    after();
  };
  switch (name) {
    case 'accept':
      return (
        <Do
          kind="main"
          confirm={t('responses.acceptSure', { sum: formatMoney(response.price) })}
          act={() => then(api('orders', 'acceptResponse', { params, body: { responseVersion: response.version } }))}
        >
          {title}
        </Do>
      );
    case 'shortlist':
      return <Do act={() => then(api('orders', 'shortlistResponse', { params }))}>{title}</Do>;
    case 'counter':
      return (
        <Counter
          title={title}
          response={response}
          act={(body) => then(api('orders', 'makeCounterOffer', { params, body }))}
        />
      );
    default:
      return (
        <WithReason
          title={title}
          label={t('field.reason')}
          act={(reason) => then(api('orders', 'declineResponse', { params, body: { reason } }))}
        />
      );
  }
}

/** The client's own price and term for what was offered. */
function Counter({
  title,
  response: { price, days },
  act,
}: {
  title: string;
  response: Response;
  act: (body: { price: Response['price']; days: number; note: string | null }) => Promise<unknown>;
}) {
  return (
    <Fold title={title}>
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
