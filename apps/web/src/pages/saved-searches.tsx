import type { z } from 'zod';
import type { savedSearchView } from '#contracts/orders/saved-search.ts';
import { api } from '../api/client.ts';
import { session } from '../api/session.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { address, useTitle } from '../router.ts';
import { useState } from 'preact/hooks';
import { useStore } from '../store.ts';
import { formatAgo, formatMoney, fromMinor } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select } from '../ui/form.tsx';
import { useAct, useLoad } from '../ui/hooks.ts';
import { Empty, Problem, Shown, Tags } from '../ui/parts.tsx';

type Saved = z.output<typeof savedSearchView>;
type Query = Saved['query'];
type Frequency = Saved['frequency'];
const FREQUENCIES: readonly Frequency[] = ['instant', 'daily', 'weekly', 'off'];
const options = () => FREQUENCIES.map((one) => [one, t(`frequency.${one}`)] as const);

interface Conditions {
  q?: string;
  category?: string;
  skill: string[];
  style: string[];
  tag: string[];
  budgetMin?: string;
  budgetMax?: string;
  currency?: Query['currency'];
  urgent?: string;
  nda?: string;
}

/** What of a search can be kept: a date does not come again. */
function keepable(of: Conditions): Query {
  const many = (values: string[]) => (values.length > 0 ? values : undefined);
  const { q, category, budgetMin, budgetMax, currency } = of;
  return {
    q,
    category,
    skill: many(of.skill),
    style: many(of.style),
    tag: many(of.tag),
    budgetMin,
    budgetMax,
    currency,
    ...(of.urgent ? { urgent: true } : {}),
    ...(of.nda ? { nda: true } : {}),
  };
}

/** Keeps the present search, to hear of new orders that it finds. */
export function SaveSearch({ conditions, name }: { conditions: Conditions; name: string }) {
  const person = useStore(session);
  const categories = useDictionary('categories');
  const [saved, setSaved] = useState<string>();
  const query = keepable(conditions);
  const key = JSON.stringify(query);
  if (Object.values(query).every((value) => value === undefined)) return null;
  if (!person)
    return (
      <p class="muted">
        <a href={`/sign-in?next=${encodeURIComponent(address.value)}`}>{t('saved.signIn')}</a>
      </p>
    );
  if (saved === key)
    return (
      <p class="notice notice-good" role="status">
        {t('saved.done')} <a href="/saved-searches">{t('saved.title')}</a>
      </p>
    );
  return (
    <Fold title={t('saved.save')}>
      <Form
        class="range"
        quiet
        button={t('common.save')}
        submit={async (typed) => {
          const body = { name: typed.text('name'), query, frequency: typed.text('frequency') as Frequency };
          await api('orders', 'saveSearch', { body });
          setSaved(key);
        }}
      >
        <Field
          label={t('saved.name')}
          name="name"
          value={name || (conditions.category ? categories.title(conditions.category) : '')}
          required
          maxLength={100}
        />
        <Select label={t('saved.frequency')} name="frequency" value="instant" options={options()} />
      </Form>
    </Fold>
  );
}

/** Own saved searches: how often each tells, what it has found. */
export function SavedSearches() {
  useTitle(t('saved.title'));
  const list = useLoad(() => api('orders', 'listSavedSearches'), []);
  return (
    <div class="narrow">
      <div class="head">
        <h1>{t('saved.title')}</h1>
        <a class="button-quiet" href="/">
          {t('my.findWork')}
        </a>
      </div>
      <Shown of={list}>
        {({ items, limit }) =>
          items.length === 0 ? (
            <Empty>
              <p>{t('saved.none')}</p>
            </Empty>
          ) : (
            <>
              <ul class="cards">
                {items.map((one) => (
                  <li key={one.savedSearchId} class="card">
                    <Card saved={one} changed={list.reload} />
                  </li>
                ))}
              </ul>
              <p class="muted">{t('saved.of', { count: items.length, limit })}</p>
            </>
          )
        }
      </Shown>
    </div>
  );
}

function Card({ saved, changed }: { saved: Saved; changed: () => void }) {
  const params = { savedSearchId: saved.savedSearchId };
  const act = useAct();
  const edit = (body: { name?: string; frequency?: Frequency }) =>
    act.run(async () => {
      await api('orders', 'editSavedSearch', { params, version: saved.version, body });
      changed();
    });
  return (
    <article aria-label={saved.name}>
      <h3>
        <a href={addressOf(saved.query)}>{saved.name}</a>
      </h3>
      <Words query={saved.query} />
      <p class="card-end">
        <span>{t('saved.found', { count: saved.found })}</span>
        {saved.lastFoundAt && <span>{t('saved.last', { when: formatAgo(saved.lastFoundAt) })}</span>}
      </p>
      <div class="pair">
        <Select
          label={t('saved.frequency')}
          name="frequency"
          value={saved.frequency}
          options={options()}
          onPick={(value) => void edit({ frequency: value as Frequency })}
        />
      </div>
      <Problem problem={act.problem} />
      <div class="row">
        <Fold title={t('passkeys.rename')}>
          <Form class="range" quiet button={t('common.save')} submit={(typed) => edit({ name: typed.text('name') })}>
            <Field label={t('saved.name')} name="name" value={saved.name} required maxLength={100} />
          </Form>
        </Fold>
        <Do
          kind="bad"
          confirm={t('saved.removeSure', { name: saved.name })}
          label={t('form.remove', { what: saved.name })}
          act={async () => {
            await api('orders', 'deleteSavedSearch', { params });
            changed();
          }}
        >
          {t('passkeys.remove')}
        </Do>
      </div>
    </article>
  );
}

function Words({ query }: { query: Query }) {
  const [categories, skills, styles] = [useDictionary('categories'), useDictionary('skills'), useDictionary('styles')];
  const currency = query.currency ?? 'RUB';
  const sum = (amount: string) => formatMoney({ amount, currency });
  const words = [
    query.q && `«${query.q}»`,
    query.category && categories.title(query.category),
    ...(query.skill ?? []).map(skills.title),
    ...(query.style ?? []).map(styles.title),
    ...(query.tag ?? []).map((tag) => `#${tag}`),
    query.budgetMin && t('search.from', { sum: sum(query.budgetMin) }),
    query.budgetMax && t('search.upTo', { sum: sum(query.budgetMax) }),
    query.urgent && t('orderKind.urgent'),
    query.nda && t('orderKind.nda'),
  ];
  return <Tags of={words.filter((one): one is string => typeof one === 'string')} />;
}

/** The search that was saved, as an address of the feed. */
function addressOf(query: Query): string {
  const currency = query.currency ?? 'RUB';
  const words = new URLSearchParams();
  const put = (name: string, value: string | undefined) => value && words.append(name, value);
  put('q', query.q);
  put('category', query.category);
  for (const name of ['skill', 'style', 'tag'] as const) for (const one of query[name] ?? []) put(name, one);
  put('min', query.budgetMin && fromMinor(query.budgetMin, currency));
  put('max', query.budgetMax && fromMinor(query.budgetMax, currency));
  put('currency', currency === 'RUB' ? undefined : currency);
  put('urgent', query.urgent ? 'true' : undefined);
  put('nda', query.nda ? 'true' : undefined);
  if (query.q) put('sort', 'relevance');
  return `/?${words}`;
}
