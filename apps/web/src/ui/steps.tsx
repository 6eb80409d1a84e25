import type { ComponentChildren } from 'preact';
import { t } from '../i18n.ts';

export interface ActionLike {
  name: string;
  allowed: boolean;
  why: string | null;
  moneyEffect: string | null;
}

/**
 * What a person can do next, as the API itself says it: each step with what it does to the money before it is confirmed,
 * and with the reason where it can't be done now. `render` answers undefined for what stands elsewhere on the page.
 */
export function Steps({
  actions,
  shown,
  words,
  render,
}: {
  actions: readonly ActionLike[];
  /** In the order in which they are offered. */
  shown: readonly string[];
  /** Where the titles are among the words: `action`, `milestoneAction`. */
  words: string;
  render: (name: string, title: string) => ComponentChildren;
}) {
  const known = shown.flatMap((name) => actions.filter((one) => one.name === name));
  return (
    <>
      {known.map((one) => {
        const title = t(`${words}.${one.name}`);
        return (
          <div key={one.name} class="action">
            {one.allowed ? (
              render(one.name, title)
            ) : (
              <p class="muted">
                {title}: {one.why ?? t('order.notNow')}
              </p>
            )}
            {one.allowed && one.moneyEffect && <MoneyEffect text={one.moneyEffect} />}
          </div>
        );
      })}
    </>
  );
}

/** What a step does to the money, in the words of the API. */
export function MoneyEffect({ text }: { text: string }) {
  return (
    <small class="money-effect">
      <span aria-hidden="true">₽</span> {text}
    </small>
  );
}

/** Whether the API offers a step now. */
export function mayDo(actions: readonly ActionLike[], name: string): boolean {
  return actions.some((one) => one.name === name && one.allowed);
}
