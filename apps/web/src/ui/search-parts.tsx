/** What the searches of orders and of freelancers have in common. */
import { t } from '../i18n.ts';
import { changeQuery } from '../router.ts';
import { formatNumber } from './format.ts';

interface Counted {
  count: number;
  atLeast: boolean;
}
const shown = ({ count, atLeast }: Counted) => `${formatNumber(count)}${atLeast ? '+' : ''}`;
const MOST = 10;

/** Values of a field with how many matches have each; a click takes one in or out. What is chosen always shows. */
export function Facet({
  title,
  name,
  items,
  show,
  chosen,
  single,
}: {
  title: string;
  name: string;
  items: readonly (Counted & { key: string })[] | undefined;
  show: (key: string) => string;
  chosen: readonly string[];
  single?: boolean;
}) {
  const known = items ?? [];
  const rest = chosen.filter((key) => key && !known.some((one) => one.key === key));
  if (known.length === 0 && rest.length === 0) return null;
  const pick = (key: string) => {
    const on = chosen.includes(key);
    changeQuery({ [name]: on ? chosen.filter((one) => one !== key) : single ? key : [...chosen, key] });
  };
  const line = (key: string, count?: Counted) => (
    <button key={key} type="button" aria-pressed={chosen.includes(key)} onClick={() => pick(key)}>
      <span>{show(key)}</span> {count && <small>{shown(count)}</small>}
    </button>
  );
  return (
    <fieldset class="facet">
      <legend>{title}</legend>
      {rest.map((key) => line(key))}
      {known.slice(0, MOST).map((one) => line(one.key, one))}
      {known.length > MOST && (
        <details class="fold-small">
          <summary>{t('search.moreValues', { count: known.length - MOST })}</summary>
          {known.slice(MOST).map((one) => line(one.key, one))}
        </details>
      )}
    </fieldset>
  );
}

/** How many there are; and when other words were searched than were typed, which, with the way to the typed ones. */
export function Found({
  total,
  corrected,
}: {
  total: Counted | undefined;
  corrected: { from: string; to: string } | null | undefined;
}) {
  return (
    <div role="status">
      {corrected && (
        <p class="notice">
          {t('search.corrected', corrected)}{' '}
          <button type="button" class="button-link" onClick={() => changeQuery({ exact: 'true' })}>
            {t('search.exact', { words: corrected.from })}
          </button>
        </p>
      )}
      {total && <p class="muted">{t('search.total', { shown: shown(total), count: total.count })}</p>}
    </div>
  );
}

/** Conditions that are set, each to be taken out. */
export function Chosen({
  items,
}: {
  items: readonly { name: string; value: string; title: string; rest?: readonly string[] }[];
}) {
  if (items.length === 0) return null;
  return (
    <ul class="tags chosen" aria-label={t('search.chosen')}>
      {items.map(({ name, value, title, rest }) => (
        <li key={`${name} ${value}`}>
          {title}
          <button
            type="button"
            class="chip-out"
            aria-label={t('form.remove', { what: title })}
            onClick={() => changeQuery({ [name]: rest ?? '' })}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Why a hit is here: which words stand where, and what that weighs. */
export function Why({
  why,
  score,
}: {
  why: readonly { field: string; weight: number; words: readonly string[] }[];
  score: number | null;
}) {
  if (why.length === 0) return null;
  return (
    <details class="fold fold-small why">
      <summary>{t('search.why')}</summary>
      <ul>
        {why.map((one) => (
          <li key={one.field}>
            {t(`whyField.${one.field}`)}
            {one.words.length > 0 && <>: {one.words.map((word) => `«${word}»`).join(', ')}</>}{' '}
            <small class="muted">{t('search.weight', { weight: formatNumber(one.weight) })}</small>
          </li>
        ))}
        {score !== null && <li class="muted">{t('search.score', { score: formatNumber(score) })}</li>}
      </ul>
    </details>
  );
}
