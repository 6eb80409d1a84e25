import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatMoney } from '../ui/format.ts';
import { Do, Field, Fold, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { OfferFields, offerOf } from '../ui/offer.tsx';
import { Shown, Status } from '../ui/parts.tsx';
import { MoneyEffect } from '../ui/steps.tsx';
import { attach, type Order } from './order-actions.tsx';
import { isLive, Offer, type Response } from './order-offer.tsx';

interface Of {
  order: Order;
  changed: () => void;
}

/** What a freelancer beside the deal sees: the form for a response, or the own one. The order's actions say which. */
export function Respond({ order, changed }: Of) {
  const respond = order.actions.find((one) => one.name === 'respond');
  if (!respond) return null;
  if (respond.allowed) return <NewResponse order={order} changed={changed} moneyEffect={respond.moneyEffect} />;
  return <OwnResponse order={order} changed={changed} why={respond.why} />;
}

function NewResponse({ order, changed, moneyEffect }: Of & { moneyEffect: string | null }) {
  const { orderId, category } = order;
  const { currency } = order.budget;
  return (
    <section class="actions">
      <h2>{t('responses.title')}</h2>
      <Form
        button={t('responses.send')}
        submit={async (typed) => {
          const body = { ...offerOf(typed, currency as 'RUB'), letter: typed.text('letter') };
          await api('orders', 'respond', { params: { orderId }, body });
          await attach(orderId, typed.files('file'));
          changed();
        }}
      >
        {moneyEffect && <MoneyEffect text={moneyEffect} />}
        <OfferFields currency={currency} category={category} />
        <Letter />
        <Field label={t('field.files')} name="file" type="file" multiple hint={t('responses.files')} required={false} />
      </Form>
    </section>
  );
}

function Letter({ value }: { value?: string }) {
  return (
    <Field
      label={t('field.letter')}
      name="letter"
      rows={6}
      value={value}
      required
      minLength={10}
      maxLength={5000}
      hint={t('responses.letterHint')}
    />
  );
}

function OwnResponse({ order, changed, why }: Of & { why: string | null }) {
  const params = { orderId: order.orderId };
  const own = useLoad(async () => {
    const { items } = await api('orders', 'listResponses', { params });
    return items.find(isLive) ?? items[0] ?? null;
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
              <Status kind="responseStatus" of={response.status} />
              <Offer response={response} />
              {isLive(response) && <Keep order={order} response={response} after={after} />}
            </div>
          )
        }
      </Shown>
    </section>
  );
}

/** What the author may do with his response: take the client's price, answer with another, add files, withdraw. */
function Keep({ order, response, after }: { order: Order; response: Response; after: () => void }) {
  const { orderId, responseId, counter, version } = response;
  const { currency } = order.budget;
  const params = { orderId, responseId };
  const then = async (step: Promise<unknown>) => {
    await step;
    after();
  };
  return (
    <div class="row">
      {counter && (
        <Do kind="main" act={() => then(api('orders', 'acceptCounterOffer', { params }))}>
          {t('counter.accept', { sum: formatMoney(counter.price) })}
        </Do>
      )}
      <Fold title={t(counter ? 'counter.answer' : 'responses.edit')}>
        <Form
          key={version}
          button={t('common.save')}
          submit={async (typed) => {
            const body = { ...offerOf(typed, currency as 'RUB'), letter: typed.text('letter') };
            await api('orders', 'editResponse', { params, version, body });
            await attach(orderId, typed.files('file'));
            after();
          }}
        >
          {counter && <p class="muted">{t('counter.answerText')}</p>}
          <OfferFields
            price={response.price}
            days={response.days}
            milestones={response.milestones}
            currency={currency}
            category={order.category}
          />
          <Letter value={response.letter} />
          <Field
            label={t('field.files')}
            name="file"
            type="file"
            multiple
            hint={t('responses.files')}
            required={false}
          />
        </Form>
      </Fold>
      <Do
        kind="bad"
        confirm={t('responses.withdrawSure')}
        act={() => then(api('orders', 'withdrawResponse', { params }))}
      >
        {t('responses.withdraw')}
      </Do>
    </div>
  );
}
