import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatAgo, formatMoney } from '../ui/format.ts';
import { Do, Field, Fold, Form, type Typed } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { OfferFields, offerOf } from '../ui/offer.tsx';
import { Shown, Status } from '../ui/parts.tsx';
import { MoneyEffect, Steps } from '../ui/steps.tsx';
import { attach, type Order } from './order-actions.tsx';
import { Offer, type Response } from './order-offer.tsx';

interface Of {
  order: Order;
  changed: () => void;
}
const SHOWN = ['accept_counter', 'edit', 'withdraw'];

/** What a freelancer beside the deal sees: the form for a response, or the own one. The order's actions say which. */
export function Respond({ order, changed }: Of) {
  const respond = order.actions.find((one) => one.name === 'respond');
  if (!respond) return null;
  if (respond.allowed) return <NewResponse order={order} changed={changed} moneyEffect={respond.moneyEffect} />;
  return <OwnResponse order={order} changed={changed} why={respond.why} />;
}

function bodyOf(typed: Typed, order: Order) {
  const offer = offerOf(typed, order.budget.currency as 'RUB');
  const valid = typed.text('validDays');
  return { ...offer, letter: typed.text('letter'), validDays: valid ? Number(valid) : null };
}

function NewResponse({ order, changed, moneyEffect }: Of & { moneyEffect: string | null }) {
  const { orderId } = order;
  return (
    <section class="actions">
      <h2>{t('responses.title')}</h2>
      <Form
        button={t('responses.send')}
        submit={async (typed) => {
          await api('orders', 'respond', { params: { orderId }, body: bodyOf(typed, order) });
          await attach(orderId, typed.files('file'));
          changed();
        }}
      >
        {moneyEffect && <MoneyEffect text={moneyEffect} />}
        <Fields order={order} />
      </Form>
    </section>
  );
}

function Fields({ order, response }: { order: Order; response?: Response }) {
  return (
    <>
      <OfferFields
        price={response?.price}
        days={response?.days}
        milestones={response?.milestones}
        currency={order.budget.currency}
        category={order.category}
        weeklyHours={order.pricing === 'hourly' ? (order.weeklyHours ?? undefined) : undefined}
      />
      <Field
        label={t('field.letter')}
        name="letter"
        rows={6}
        value={response?.letter}
        required
        minLength={10}
        maxLength={5000}
        hint={t('responses.letterHint')}
      />
      <div class="pair">
        <Field
          label={t('responses.validDays')}
          name="validDays"
          type="number"
          min={1}
          max={90}
          hint={t('responses.validHint')}
          required={false}
        />
        <Field label={t('field.files')} name="file" type="file" multiple hint={t('responses.files')} required={false} />
      </div>
    </>
  );
}

function OwnResponse({ order, changed, why }: Of & { why: string | null }) {
  const params = { orderId: order.orderId };
  const own = useLoad(async () => {
    const { items } = await api('orders', 'listResponses', { params });
    const newest = items.find((one) => one.actions.length > 0) ?? items[0];
    if (!newest) return null;
    return await api('orders', 'getResponse', { params: { ...params, responseId: newest.responseId } });
  }, [order.orderId]);
  const after = () => {
    own.reload();
    changed();
  };
  return (
    <section class="actions">
      <h2>{t('responses.own')}</h2>
      <Shown of={own}>
        {(response) =>
          response === null ? (
            <p>{why}</p>
          ) : (
            <div class="card">
              <p class="card-top">
                <Status kind="responseStatus" of={response.status} />
                <span class="muted">
                  {response.openedAt
                    ? t('responses.seen', { when: formatAgo(response.openedAt) })
                    : t('responses.unseen')}
                </span>
              </p>
              <Offer response={response} hourly={order.pricing === 'hourly'} />
              <div class="steps-below">
                <Steps
                  actions={response.actions.filter((one) => one.name !== 'accept_counter' || one.allowed)}
                  shown={SHOWN}
                  words="responseAction"
                  render={(name, title) => (
                    <Keep name={name} title={title} order={order} response={response} after={after} />
                  )}
                />
              </div>
            </div>
          )
        }
      </Shown>
    </section>
  );
}

/** What the author may do with his response: take the client's price, answer with another, add files, withdraw. */
function Keep({
  name,
  title,
  order,
  response,
  after,
}: {
  name: string;
  title: string;
  order: Order;
  response: Response;
  after: () => void;
}) {
  const { orderId, responseId, counter, version } = response;
  const params = { orderId, responseId };
  const then = async (step: Promise<unknown>) => {
    await step;
    after();
  };
  switch (name) {
    case 'accept_counter':
      return (
        <Do kind="main" act={() => then(api('orders', 'acceptCounterOffer', { params }))}>
          {counter ? t('counter.accept', { sum: formatMoney(counter.price) }) : title}
        </Do>
      );
    case 'edit':
      return (
        <Fold title={counter ? t('counter.answer') : title}>
          <Form
            key={version}
            button={t('common.save')}
            submit={async (typed) => {
              await api('orders', 'editResponse', { params, version, body: bodyOf(typed, order) });
              await attach(orderId, typed.files('file'));
              after();
            }}
          >
            {counter && <p class="muted">{t('counter.answerText')}</p>}
            <Fields order={order} response={response} />
          </Form>
        </Fold>
      );
    default:
      return (
        <Do
          kind="bad"
          confirm={t('responses.withdrawSure')}
          act={() => then(api('orders', 'withdrawResponse', { params }))}
        >
          {title}
        </Do>
      );
  }
}
