import { api } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { countryName, formatMoney, languageName, toMinor } from '../ui/format.ts';
import { Field, Form, Select } from '../ui/form.tsx';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Invite } from '../ui/invite.tsx';
import { Avatar, Empty, Loading, More, Problem, Shown, Stars, Tags } from '../ui/parts.tsx';
import { Chosen, Facet, Found, Why } from '../ui/search-parts.tsx';

type Query = ReturnType<typeof useQuery>;
type Page = Awaited<ReturnType<typeof find>>;
type Sort = 'rating' | 'newest' | 'rate' | 'relevance';
const word = (query: Query, name: string) => query.get(name) ?? '';
const rating = (value: string) => `★ ${value.replace('.', t('search.point'))}+`;

function find(query: Query, cursor: string | undefined) {
  const [rateMin, rateMax] = [toMinor(word(query, 'rateMin'), 'RUB'), toMinor(word(query, 'rate'), 'RUB')];
  return api('orders', 'searchFreelancers', {
    query: {
      q: word(query, 'q') || undefined,
      exact: query.has('exact') ? 'true' : undefined,
      skill: query.getAll('skill'),
      style: query.getAll('style'),
      language: query.getAll('language'),
      country: word(query, 'country') || undefined,
      rateMin,
      rateMax,
      currency: rateMin || rateMax ? 'RUB' : undefined,
      availability: (word(query, 'availability') || undefined) as 'available' | undefined,
      ratingMin: word(query, 'rating') || undefined,
      sort: (word(query, 'sort') || 'rating') as Sort,
      cursor,
    },
  });
}

/** Search for freelancers: words, facets with counts, and why each is here. `for` names the order to invite to. */
export function Freelancers() {
  useTitle(t('menu.freelancers'));
  const query = useQuery();
  const pages = usePages((cursor) => find(query, cursor), [query.toString()]);
  const orderId = word(query, 'for');
  const filtered = [...query.keys()].some((name) => name !== 'sort' && name !== 'for');
  return (
    <>
      <h1>{t('menu.freelancers')}</h1>
      {orderId && <InvitingTo orderId={orderId} />}
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
            placeholder={t('freelancers.hint')}
          />
        </Form>
      </search>
      <div class="with-side">
        <aside class="side" aria-label={t('home.filters')}>
          <Filters query={query} facets={pages.data?.facets ?? undefined} />
        </aside>
        <section aria-live="polite" aria-busy={pages.loading}>
          <Conditions query={query} />
          <Problem problem={pages.problem} />
          {!pages.data && pages.loading && <Loading />}
          {pages.data && pages.items.length > 0 && (
            <Found total={pages.data.facets?.total} corrected={pages.data.corrected} />
          )}
          {pages.data && pages.items.length === 0 && (
            <Empty>
              <p>{t('freelancers.none')}</p>
              {filtered && <Reset orderId={orderId} />}
            </Empty>
          )}
          <ul class="cards cards-grid">
            {pages.items.map((one) => (
              <li key={one.userId} class="card">
                <Hit of={one} orderId={orderId} />
              </li>
            ))}
          </ul>
          <More act={pages.more} busy={pages.busy} />
        </section>
      </div>
    </>
  );
}

function Reset({ orderId }: { orderId: string }) {
  return (
    <a class="button-link" href={orderId ? `/freelancers?for=${orderId}` : '/freelancers'}>
      {t('home.reset')}
    </a>
  );
}

function Hit({ of: one, orderId }: { of: Page['items'][number]; orderId: string }) {
  const [skills, styles] = [useDictionary('skills'), useDictionary('styles')];
  return (
    <>
      <div class="person">
        <Avatar name={one.displayName} url={one.avatarUrl} size={56} />
        <span>
          <b>
            <a href={`/u/${one.slug}`}>{one.displayName}</a>
          </b>
          <Stars rating={one.rating} count={one.reviewCount} />
        </span>
      </div>
      {one.headline && <p>{one.headline}</p>}
      <Tags of={[...one.skills.slice(0, 6).map(skills.title), ...one.styles.slice(0, 3).map(styles.title)]} />
      <p class="card-end">
        {one.hourlyRate && <b class="sum">{t('profile.perHour', { sum: formatMoney(one.hourlyRate) })}</b>}
        <span>{t(`availability.${one.availability}`)}</span>
        {one.country && <span>{countryName(one.country)}</span>}
      </p>
      <Why why={one.why} score={one.score} />
      {orderId && <Invite freelancerId={one.userId} name={one.displayName} orderId={orderId} />}
    </>
  );
}

/** The order that the person looks for a freelancer for. */
function InvitingTo({ orderId }: { orderId: string }) {
  const order = useLoad(() => api('orders', 'getOrder', { params: { orderId } }), [orderId]);
  return (
    <Shown of={order}>
      {({ title }) => (
        <p class="notice">
          {t('invite.for', { title })} <a href={`/orders/${orderId}`}>{t('invite.back')}</a>
        </p>
      )}
    </Shown>
  );
}

function Conditions({ query }: { query: Query }) {
  const [skills, styles] = [useDictionary('skills'), useDictionary('styles')];
  const many = (name: string, show: (key: string) => string) =>
    query.getAll(name).map((value) => ({
      name,
      value,
      title: show(value),
      rest: query.getAll(name).filter((one) => one !== value),
    }));
  const sum = (value: string) => formatMoney({ amount: toMinor(value, 'RUB') ?? '0', currency: 'RUB' });
  return (
    <Chosen
      items={[
        ...many('q', (words) => `«${words}»`),
        ...many('skill', skills.title),
        ...many('style', styles.title),
        ...many('language', languageName),
        ...many('country', countryName),
        ...many('availability', (one) => t(`availability.${one}`)),
        ...many('rating', rating),
        ...many('rateMin', (value) => t('search.from', { sum: sum(value) })),
        ...many('rate', (value) => t('search.upTo', { sum: sum(value) })),
      ]}
    />
  );
}

function Filters({ query, facets }: { query: Query; facets: NonNullable<Page['facets']> | undefined }) {
  const [skills, styles] = [useDictionary('skills'), useDictionary('styles')];
  const sorts: Sort[] = query.has('q') ? ['relevance', 'rating', 'rate', 'newest'] : ['rating', 'rate', 'newest'];
  const all = [
    ['field.skills', 'skill', facets?.skills, skills.title, false],
    ['field.styles', 'style', facets?.styles, styles.title, false],
    ['freelancers.rating', 'rating', facets?.ratings, rating, true],
    ['freelancers.availability', 'availability', facets?.availability, (one: string) => t(`availability.${one}`), true],
    ['profile.languages', 'language', facets?.languages, languageName, false],
    ['field.country', 'country', facets?.countries, countryName, true],
  ] as const;
  return (
    <details class="filters" open={matchMedia('(min-width: 56rem)').matches}>
      <summary>{t('home.filters')}</summary>
      <Select
        label={t('field.sort')}
        name="sort"
        value={word(query, 'sort') || 'rating'}
        onPick={(value) => changeQuery({ sort: value === 'rating' ? undefined : value })}
        options={sorts.map((key) => [key, t(`sort.${key}`)])}
      />
      <Form
        class="budget-form"
        quiet
        button={t('common.apply')}
        submit={async (typed) => changeQuery({ rateMin: typed.text('rateMin'), rate: typed.text('rate') })}
        key={`${word(query, 'rateMin')} ${word(query, 'rate')}`}
      >
        <Field
          label={t('freelancers.rateMin')}
          name="rateMin"
          inputMode="decimal"
          value={word(query, 'rateMin')}
          required={false}
        />
        <Field
          label={t('freelancers.rate')}
          name="rate"
          inputMode="decimal"
          value={word(query, 'rate')}
          required={false}
        />
      </Form>
      {all.map(([title, name, items, show, single]) => (
        <Facet
          key={name}
          title={t(title)}
          name={name}
          items={items}
          show={show}
          chosen={query.getAll(name)}
          single={single}
        />
      ))}
      {[...query.keys()].some((name) => name !== 'for') && <Reset orderId={word(query, 'for')} />}
    </details>
  );
}
