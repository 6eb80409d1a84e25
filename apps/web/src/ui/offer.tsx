import { useRef, useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatMoney, fromMinor, type MoneyLike, toMinor } from './format.ts';
import { Field, type Typed } from './form.tsx';
import { useLoad } from './hooks.ts';

type Currency = 'RUB';
export interface Plan {
  title: string;
  amount: string;
  days: number;
}

/** Parts of the work as they were typed, in minor units; a sum that is none is left empty, for the server to refuse. */
export function plansOf(typed: Typed, currency: string): Plan[] {
  const [titles, amounts, days] = [typed.all('partTitle'), typed.all('partAmount'), typed.all('partDays')];
  return titles.map((title, at) => ({
    title: title.trim(),
    amount: toMinor(amounts[at] ?? '', currency) ?? '',
    days: Number(days[at]),
  }));
}

const sum = (plans: readonly { amount: string }[]) =>
  plans.reduce((all, one) => all + BigInt(/^\d+$/.test(one.amount) ? one.amount : 0), 0n).toString();

/** The price and term of an offer: in one piece, or in parts whose prices and days make the whole. */
export function offerOf(typed: Typed, currency: Currency) {
  const milestones = plansOf(typed, currency);
  const parts = milestones.length > 0;
  return {
    price: { amount: parts ? sum(milestones) : (toMinor(typed.text('price'), currency) ?? ''), currency },
    days: parts ? milestones.reduce((all, one) => all + one.days, 0) : Number(typed.text('days')),
    milestones,
  };
}

/** Fields of an offer, with what the platform takes and what is left. */
export function OfferFields({
  price,
  days,
  milestones = [],
  currency,
  category,
  weeklyHours,
}: {
  price?: MoneyLike;
  days?: number;
  milestones?: readonly Plan[];
  currency: string;
  category: string;
  /** Of an hourly order: the price is of an hour, a week costs no more than so many. */
  weeklyHours?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const next = useRef(milestones.length);
  const [rows, setRows] = useState<readonly { key: number; plan?: Plan }[]>(
    milestones.map((plan, key) => ({ key, plan })),
  );
  const [whole, setWhole] = useState(price?.amount ?? '');
  const count = () => {
    const inputs = (name: string) => [...(box.current?.querySelectorAll<HTMLInputElement>(`[name=${name}]`) ?? [])];
    const parts = inputs('partAmount').map(({ value }) => ({ amount: toMinor(value, currency) ?? '' }));
    setWhole(parts.length > 0 ? sum(parts) : (toMinor(inputs('price')[0]?.value ?? '', currency) ?? ''));
  };
  return (
    <div class="form" ref={box} onChange={count}>
      {rows.length === 0 ? (
        <div class="pair">
          <Field
            label={`${t(weeklyHours ? 'hours.rate' : 'field.price')}, ${currency}`}
            name="price"
            inputMode="decimal"
            value={price && fromMinor(price.amount, currency)}
            required
          />
          <Field
            label={t('field.days')}
            name="days"
            type="number"
            min={1}
            max={365}
            value={days === undefined ? undefined : String(days)}
            required
          />
        </div>
      ) : (
        <ol class="parts">
          {rows.map(({ key, plan }, at) => (
            <li key={key}>
              <fieldset>
                <legend>{t('milestones.number', { number: at + 1 })}</legend>
                <Field
                  label={t('offer.partTitle')}
                  name="partTitle"
                  value={plan?.title}
                  required
                  minLength={3}
                  maxLength={150}
                />
                <div class="pair pair-3">
                  <Field
                    label={`${t('field.price')}, ${currency}`}
                    name="partAmount"
                    inputMode="decimal"
                    value={plan && fromMinor(plan.amount, currency)}
                    required
                  />
                  <Field
                    label={t('field.days')}
                    name="partDays"
                    type="number"
                    min={1}
                    max={365}
                    value={plan && String(plan.days)}
                    required
                  />
                </div>
                <button
                  type="button"
                  class="button-link"
                  onClick={() => {
                    setRows(rows.filter((one) => one.key !== key));
                    queueMicrotask(count);
                  }}
                >
                  {t('offer.removePart', { number: at + 1 })}
                </button>
              </fieldset>
            </li>
          ))}
        </ol>
      )}
      {!weeklyHours && rows.length < 20 && (
        <button type="button" class="button-quiet" onClick={() => setRows([...rows, { key: next.current++ }])}>
          {t(rows.length === 0 ? 'offer.inParts' : 'offer.addPart')}
        </button>
      )}
      <Arithmetic
        amount={weeklyHours && whole ? (BigInt(whole) * BigInt(weeklyHours)).toString() : whole}
        weekly={weeklyHours !== undefined}
        currency={currency}
        category={category}
      />
    </div>
  );
}

/** What the platform takes of a price now, and what is left: before anybody commits. */
function Arithmetic({
  amount,
  weekly,
  currency,
  category,
}: {
  amount: string;
  weekly: boolean;
  currency: string;
  category: string;
}) {
  const fits = /^[1-9]\d{0,14}$/.test(amount);
  const terms = useLoad(
    async () =>
      fits
        ? await api('payments', 'quoteTerms', { query: { category, price: amount, currency: currency as Currency } })
        : undefined,
    [amount, category],
  );
  const quote = terms.data;
  if (!fits || !quote?.price || !quote.commission || !quote.freelancerGets) return null;
  return (
    <p class="money-effect" role="status">
      {weekly && `${t('hours.fullWeek')} `}
      {t('offer.arithmetic', {
        price: formatMoney(quote.price),
        commission: formatMoney(quote.commission),
        gets: formatMoney(quote.freelancerGets),
      })}
    </p>
  );
}
