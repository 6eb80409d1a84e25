import { api } from '../api/client.ts';
import { can, session } from '../api/session.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { useStore } from '../store.ts';
import { formatDate, formatMoney, fromMinor, toMinor } from '../ui/format.ts';
import { Check, Field, Form, Select } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { OrderCard } from '../ui/order-card.tsx';
import { Empty, Loading, More, Problem } from '../ui/parts.tsx';
import { Chosen, Facet, Found, Why } from '../ui/search-parts.tsx';
import { SaveSearch } from './saved-searches.tsx';

type Query = ReturnType<typeof useQuery>;
type Sort = 'newest' | 'budget' | 'deadline' | 'relevance';
type Facets = NonNullable<Awaited<ReturnType<typeof find>>['facets']>;
const CURRENCIES = ['RUB', 'USD', 'EUR', 'KZT', 'BYN', 'JPY', 'KWD'] as const;
type Currency = (typeof CURRENCIES)[number];
const DAY = 86_400_000;

const word = (query: Query, name: string) => query.get(name) ?? '';
const currencyOf = (query: Query) => (word(query, 'currency') || 'RUB') as Currency;

/** The conditions of the address, as the API takes them. */
function conditions(query: Query) {
  const currency = currencyOf(query);
  const [min, max] = [toMinor(word(query, 'min'), currency), toMinor(word(query, 'max'), currency)];
  const since = Number(word(query, 'since'));
  const by = word(query, 'by');
  return {
    q: word(query, 'q') || undefined,
    category: word(query, 'category') || undefined,
    skill: query.getAll('skill'),
    style: query.getAll('style'),
    tag: query.getAll('tag'),
    budgetMin: min,
    budgetMax: max,
    currency: min || max || query.has('currency') ? currency : undefined,
    deadlineBefore: by ? new Date(`${by}T23:59:59`).toISOString() : undefined,
    publishedAfter: since > 0 ? new Date(Date.now() - since * DAY).toISOString() : undefined,
    urgent: query.has('urgent') ? 'true' : undefined,
    nda: query.has('nda') ? 'true' : undefined,
  };
}

function find(query: Query, cursor: string | undefined) {
  const sort = (word(query, 'sort') || 'newest') as Sort;
  const exact = query.has('exact') ? 'true' : undefined;
  return api('orders', 'searchOrders', { query: { ...conditions(query), sort, exact, cursor } });
}

/** The feed of orders with search, filters and facets; all of it in the address, so that it can be shared. */
export function Home() {
  useTitle(t('menu.orders'));
  const query = useQuery();
  const person = useStore(session);
  const pages = usePages((cursor) => find(query, cursor), [query.toString()]);
  const filtered = [...query.keys()].some((name) => name !== 'sort');
  return (
    <>
      {!person && <Hero />}
      <div class="head">
        {person ? <h1>{t('menu.orders')}</h1> : <h2>{t('home.fresh')}</h2>}
        <span class="row">
          {person && (
            <a class="button-quiet" href="/saved-searches">
              {t('saved.title')}
            </a>
          )}
          {can('orders.create') && (
            <a class="button" href="/orders/new">
              {t('home.newOrder')}
            </a>
          )}
        </span>
      </div>
      <search>
        <Form
          class="search-line"
          button={t('common.find')}
          submit={async (typed) =>
            changeQuery({ q: typed.text('q'), sort: typed.text('q') ? 'relevance' : undefined, exact: undefined })
          }
        >
          <Field
            key={word(query, 'q')}
            label={t('home.search')}
            name="q"
            type="search"
            value={word(query, 'q')}
            maxLength={200}
            required={false}
            placeholder={t('home.searchHint')}
          />
        </Form>
      </search>
      <div class="with-side">
        <aside class="side" aria-label={t('home.filters')}>
          <Filters query={query} facets={pages.data?.facets ?? undefined} />
        </aside>
        <section aria-live="polite" aria-busy={pages.loading}>
          <Conditions query={query} />
          {filtered && <SaveSearch conditions={conditions(query)} name={word(query, 'q')} />}
          <Problem problem={pages.problem} />
          {!pages.data && pages.loading && <Loading />}
          {pages.data && pages.items.length > 0 && (
            <Found total={pages.data.facets?.total} corrected={pages.data.corrected} />
          )}
          {pages.data && pages.items.length === 0 && (
            <Empty>
              <p>{t(filtered ? 'home.nothing' : 'home.noOrders')}</p>
              {filtered && (
                <a class="button-quiet" href="/">
                  {t('home.reset')}
                </a>
              )}
            </Empty>
          )}
          <ul class="cards">
            {pages.items.map((order) => (
              <li key={order.orderId}>
                <OrderCard order={order}>
                  <Why why={order.why} score={order.score} />
                </OrderCard>
              </li>
            ))}
          </ul>
          <More act={pages.more} busy={pages.busy} />
        </section>
      </div>
    </>
  );
}

function Hero() {
  return (
    <section class="hero">
      <div>
        <h1>{t('home.title')}</h1>
        <p>{t('home.lead')}</p>
        <p class="row">
          <a class="button" href="/register">
            {t('home.start')}
          </a>
          <a class="button-quiet" href="/freelancers">
            {t('home.findMaster')}
          </a>
        </p>
      </div>
      <ol class="steps">
        {['order', 'choose', 'hold', 'accept'].map((step) => (
          <li key={step}>
            <b>{t(`home.step.${step}`)}</b>
            <span>{t(`home.step.${step}Text`)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What is set, each to be taken out. */
function Conditions({ query }: { query: Query }) {
  const [categories, skills, styles] = [useDictionary('categories'), useDictionary('skills'), useDictionary('styles')];
  const many = (name: string, show: (key: string) => string) =>
    query.getAll(name).map((value) => ({
      name,
      value,
      title: show(value),
      rest: query.getAll(name).filter((one) => one !== value),
    }));
  const one = (name: string, show: (value: string) => string) =>
    query.getAll(name).map((value) => ({ name, value, title: show(value) }));
  const currency = currencyOf(query);
  const sum = (value: string) => formatMoney({ amount: toMinor(value, currency) ?? '0', currency });
  return (
    <Chosen
      items={[
        ...one('q', (words) => `«${words}»`),
        ...one('category', categories.title),
        ...many('skill', skills.title),
        ...many('style', styles.title),
        ...many('tag', (tag) => `#${tag}`),
        ...one('min', (value) => t('search.from', { sum: sum(value) })),
        ...one('max', (value) => t('search.upTo', { sum: sum(value) })),
        ...one('by', (day) => t('order.until', { date: formatDate(day) })),
        ...one('since', (days) => t('search.since', { count: Number(days) })),
        ...one('urgent', () => t('orderKind.urgent')),
        ...one('nda', () => t('orderKind.nda')),
      ]}
    />
  );
}

function Filters({ query, facets }: { query: Query; facets: Facets | undefined }) {
  const [categories, skills, styles] = [useDictionary('categories'), useDictionary('skills'), useDictionary('styles')];
  const sorts: Sort[] = query.has('q')
    ? ['relevance', 'newest', 'budget', 'deadline']
    : ['newest', 'budget', 'deadline'];
  return (
    <details class="filters" open={matchMedia('(min-width: 56rem)').matches}>
      <summary>{t('home.filters')}</summary>
      <Select
        label={t('field.sort')}
        name="sort"
        value={word(query, 'sort') || 'newest'}
        onPick={(value) => changeQuery({ sort: value === 'newest' ? undefined : value })}
        options={sorts.map((key) => [key, t(`sort.${key}`)])}
      />
      <Facet
        title={t('field.category')}
        name="category"
        items={facets?.categories}
        show={categories.title}
        chosen={query.getAll('category')}
        single
      />
      <Budget query={query} facets={facets} />
      <Facet
        title={t('field.skills')}
        name="skill"
        items={facets?.skills}
        show={skills.title}
        chosen={query.getAll('skill')}
      />
      <Facet
        title={t('field.styles')}
        name="style"
        items={facets?.styles}
        show={styles.title}
        chosen={query.getAll('style')}
      />
      <Facet
        title={t('field.tags')}
        name="tag"
        items={facets?.tags}
        show={(tag) => `#${tag}`}
        chosen={query.getAll('tag')}
      />
      <Times query={query} />
      {[...query.keys()].length > 0 && (
        <a class="button-link" href="/">
          {t('home.reset')}
        </a>
      )}
    </details>
  );
}

function Budget({ query, facets }: { query: Query; facets: Facets | undefined }) {
  const currency = currencyOf(query);
  const ranges = facets?.budgets.filter((one) => one.currency === currency && one.count > 0) ?? [];
  return (
    <>
      {ranges.length > 0 && (
        <fieldset class="facet">
          <legend>{t('field.budget')}</legend>
          {ranges.map(({ min, max, count, atLeast }) => {
            const [from, to] = [
              min === '0' ? '' : fromMinor(min, currency),
              max === null ? '' : fromMinor(max, currency),
            ];
            const on = word(query, 'min') === from && word(query, 'max') === to;
            const sum = (amount: string) => formatMoney({ amount, currency });
            return (
              <button
                key={min}
                type="button"
                aria-pressed={on}
                onClick={() => changeQuery(on ? { min: '', max: '' } : { min: from, max: to })}
              >
                <span>
                  {max === null
                    ? t('search.from', { sum: sum(min) })
                    : min === '0'
                      ? t('search.upTo', { sum: sum(max) })
                      : `${sum(min)} – ${sum(max)}`}
                </span>{' '}
                <small>
                  {count}
                  {atLeast && '+'}
                </small>
              </button>
            );
          })}
        </fieldset>
      )}
      <Form
        class="budget-form"
        quiet
        button={t('common.apply')}
        submit={async (typed) => {
          const picked = typed.text('currency');
          changeQuery({
            min: typed.text('min'),
            max: typed.text('max'),
            currency: picked === 'RUB' ? undefined : picked,
          });
        }}
        key={query.toString()}
      >
        <Field label={t('search.min')} name="min" inputMode="decimal" value={word(query, 'min')} required={false} />
        <Field label={t('search.max')} name="max" inputMode="decimal" value={word(query, 'max')} required={false} />
        <Select
          label={t('field.currency')}
          name="currency"
          value={currency}
          options={CURRENCIES.map((one) => [one, one])}
        />
      </Form>
    </>
  );
}

function Times({ query }: { query: Query }) {
  return (
    <>
      <Select
        label={t('search.published')}
        name="since"
        value={word(query, 'since')}
        onPick={(value) => changeQuery({ since: value })}
        options={[
          ['', t('search.anyTime')],
          ...['1', '3', '7', '30'].map((days) => [days, t('search.since', { count: Number(days) })] as const),
        ]}
      />
      <Form
        class="form"
        quiet
        button={t('common.apply')}
        submit={async (typed) => changeQuery({ by: typed.text('by') })}
        key={word(query, 'by')}
      >
        <Field label={t('search.by')} name="by" type="date" value={word(query, 'by')} required={false} />
      </Form>
      <fieldset class="checks">
        <legend>{t('edit.kinds')}</legend>
        {(['urgent', 'nda'] as const).map((kind) => (
          <Check
            key={`${kind} ${query.has(kind)}`}
            label={t(`orderKind.${kind}`)}
            name={kind}
            checked={query.has(kind)}
            onPick={(on) => changeQuery({ [kind]: on ? 'true' : undefined })}
          />
        ))}
      </fieldset>
    </>
  );
}
