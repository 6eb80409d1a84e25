import type { ComponentChildren } from 'preact';
import type { ApiProblem } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatNumber } from './format.ts';

/** An error answer in words: what, why, and which fields. */
export function Problem({ problem }: { problem: ApiProblem | undefined }) {
  if (!problem) return null;
  const { title, detail, errors, requestId } = problem.body;
  return (
    <div class="notice notice-bad" role="alert">
      <strong>{title}</strong>
      {detail && detail !== title && <p>{detail}</p>}
      {errors && errors.length > 0 && (
        <ul>
          {errors.map((one) => (
            <li key={one.pointer}>
              {fieldName(one.pointer)}: {one.detail}
            </li>
          ))}
        </ul>
      )}
      {problem.code === 'auth.blocked' && <a href="/blocked">{t('blocked.look')}</a>}
      {problem.body.status >= 500 && requestId && <small>{t('error.request', { id: requestId })}</small>}
    </div>
  );
}

function fieldName(pointer: string): string {
  const parts = pointer.split('/').filter((part) => part && part !== 'body' && part !== 'query');
  return parts.map((part) => t(`field.${part}`)).join(' → ');
}

export function Loading() {
  return (
    <p class="loading" role="status">
      <span class="loom" aria-hidden="true" />
      {t('common.loading')}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** Shows a load in all its states. */
export function Shown<T>({
  of,
  children,
}: {
  of: { data: T | undefined; problem: ApiProblem | undefined; loading: boolean };
  children: (data: T) => ComponentChildren;
}) {
  return (
    <>
      <Problem problem={of.problem} />
      {of.data === undefined ? of.loading && <Loading /> : children(of.data)}
    </>
  );
}

export function More({ act, busy }: { act: (() => void) | undefined; busy: boolean }) {
  if (!act) return null;
  return (
    <p class="more">
      <button type="button" class="button-quiet" disabled={busy} onClick={act}>
        {t('common.more')}
      </button>
    </p>
  );
}

export function Avatar({ name, url, size = 40 }: { name: string; url: string | null | undefined; size?: number }) {
  const style = { width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.42}px` };
  if (url) return <img class="avatar" src={url} alt="" style={style} loading="lazy" />;
  let tone = 0;
  for (const letter of name) tone = (tone * 31 + (letter.codePointAt(0) ?? 0)) % 5;
  return (
    <span class={`avatar avatar-${tone}`} style={style} aria-hidden="true">
      {[...name.trim()][0]?.toUpperCase() ?? '·'}
    </span>
  );
}

export function Stars({ rating, count }: { rating: number | null; count?: number }) {
  if (rating === null) return <span class="muted">{t('rating.none')}</span>;
  return (
    <span class="stars" title={t('rating.of', { rating: formatNumber(rating) })}>
      <span aria-hidden="true">★</span> {formatNumber(rating)}
      {count !== undefined && <span class="muted"> ({count})</span>}
    </span>
  );
}

export interface PersonLike {
  displayName: string;
  slug: string;
  avatarUrl: string | null;
  rating: number | null;
  reviewCount: number;
}
export function PersonLine({ person, role }: { person: PersonLike | null; role?: string }) {
  if (!person) return <span class="muted">{t('person.unknown')}</span>;
  return (
    <a class="person" href={`/u/${person.slug}`}>
      <Avatar name={person.displayName} url={person.avatarUrl} />
      <span>
        {role && <small class="muted">{role}</small>}
        <b>{person.displayName}</b>
        <Stars rating={person.rating} count={person.reviewCount} />
      </span>
    </a>
  );
}

const TONES: Record<string, string> = {
  published: 'good',
  in_progress: 'warm',
  delivered: 'warm',
  disputed: 'bad',
  completed: 'good',
  split: 'good',
  awaiting_payment: 'warm',
  shortlisted: 'warm',
  accepted: 'good',
  accepting: 'warm',
  declined: 'bad',
  new: 'warm',
  escalated: 'bad',
  answered: 'good',
  resolved: 'good',
  blocked: 'bad',
  open: 'warm',
  decided: 'good',
  paid: 'good',
  failed: 'bad',
  returned: 'bad',
  succeeded: 'good',
  refused: 'bad',
  done: 'good',
  urgent: 'bad',
  high: 'warm',
  funding: 'warm',
  submitted: 'warm',
  agreed: 'good',
  restored: 'good',
  sums: 'good',
  well: 'good',
  ill: 'bad',
  here: 'good',
};
export function Status({ of, kind }: { of: string; kind: string }) {
  return <span class={`status status-${TONES[of] ?? 'plain'}`}>{t(`${kind}.${of}`)}</span>;
}

export function Tags({ of, href }: { of: readonly string[]; href?: (tag: string) => string }) {
  if (of.length === 0) return null;
  return (
    <ul class="tags">
      {of.map((tag) => (
        <li key={tag}>{href ? <a href={href(tag)}>{tag}</a> : tag}</li>
      ))}
    </ul>
  );
}

/** Text a person wrote: paragraphs and line breaks, nothing else. */
export function Prose({ text }: { text: string }) {
  return <div class="prose">{text}</div>;
}

export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren] | false | null)[] }) {
  return (
    <dl class="facts">
      {items.map(
        (item) =>
          item && (
            <div key={item[0]}>
              <dt>{item[0]}</dt>
              <dd>{item[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
