import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { useAct } from './hooks.ts';
import { Problem } from './parts.tsx';

/** How near to the edge of the screen a drag scrolls, and how far at each move. */
const EDGE = 70;
const SCROLL = 14;

function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(to, 0, one);
  return next;
}

const same = <T,>(a: readonly T[], b: readonly T[]) => a.length === b.length && a.every((one, at) => one === b[at]);

/**
 * A list that its owner puts in another order: each item is dragged by its handle, by mouse, pen or finger, or moved by the
 * arrow keys while the handle has the focus. The new order is saved when the item is let go, and taken back if that fails.
 */
export function Sortable<T>({
  items,
  keyOf,
  nameOf,
  save,
  children,
  label,
  class: className,
}: {
  items: readonly T[];
  keyOf: (item: T) => string;
  nameOf: (item: T, place: number) => string;
  save: (items: readonly T[]) => Promise<unknown>;
  children: (item: T, place: number) => ComponentChildren;
  label: string;
  class?: string;
}) {
  const list = useRef<HTMLUListElement>(null);
  const hint = useId();
  const [order, setOrder] = useState(items);
  const [held, setHeld] = useState<string>();
  const [said, setSaid] = useState('');
  const [focus, setFocus] = useState<string>();
  const act = useAct();
  // What the last save left: what a failure goes back to.
  const saved = useRef(items);
  const latest = useRef(order);
  latest.current = order;
  const saving = useRef(false);
  useEffect(() => {
    // What is being moved now is newer than what was just loaded.
    if (saving.current || held !== undefined) return;
    saved.current = items;
    setOrder(items);
  }, [items]);
  // An element that is moved in the document loses the focus.
  useEffect(() => {
    const handles = [...(list.current?.querySelectorAll<HTMLElement>('.sort-handle') ?? [])];
    if (focus !== undefined) handles.find((one) => one.dataset['key'] === focus)?.focus();
  }, [order, focus]);

  const place = (key: string) => latest.current.findIndex((item) => keyOf(item) === key);
  const put = (key: string, to: number) => {
    const from = place(key);
    const end = Math.max(0, Math.min(latest.current.length - 1, to));
    if (from < 0 || from === end) return;
    latest.current = moved(latest.current, from, end);
    setOrder(latest.current);
    const item = latest.current[end];
    if (item !== undefined)
      setSaid(t('sort.now', { what: nameOf(item, end), place: end + 1, of: latest.current.length }));
  };
  const keep = async (): Promise<void> => {
    if (saving.current) return;
    saving.current = true;
    // Moved again meanwhile: the newest order is the one that counts.
    while (!same(latest.current, saved.current)) {
      const wanted = latest.current;
      const done = await act.run(() => save(wanted));
      if (done) saved.current = wanted;
      else {
        latest.current = saved.current;
        setOrder(saved.current);
        setSaid('');
      }
    }
    saving.current = false;
  };

  const grab = (key: string) => (down: PointerEvent) => {
    if (down.button !== 0) return;
    const before = latest.current;
    setHeld(key);
    const move = (event: PointerEvent) => {
      event.preventDefault();
      if (event.clientY < EDGE) scrollBy(0, -SCROLL);
      if (event.clientY > innerHeight - EDGE) scrollBy(0, SCROLL);
      const over = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-sort]');
      if (over && over.parentElement === list.current) put(key, place(over.dataset['sort'] ?? ''));
    };
    const end = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return;
      for (const name of ['pointermove', 'pointerup', 'pointercancel', 'keydown'] as const)
        removeEventListener(name, (name === 'pointermove' ? move : end) as EventListener);
      setHeld(undefined);
      if (event.type === 'pointerup') void keep();
      else {
        latest.current = before;
        setOrder(before);
      }
    };
    addEventListener('pointermove', move, { passive: false });
    for (const name of ['pointerup', 'pointercancel', 'keydown'] as const) addEventListener(name, end);
  };

  const step = (key: string) => (event: KeyboardEvent) => {
    const at = place(key);
    const to = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      Home: 0,
      End: order.length - 1,
    }[event.key];
    if (to === undefined || held !== undefined) return;
    event.preventDefault();
    setFocus(key);
    put(key, to);
    void keep();
  };

  return (
    <>
      {order.length > 1 && (
        <p class="muted" id={hint}>
          {t('sort.hint')}
        </p>
      )}
      <Problem problem={act.problem} />
      <ul ref={list} class={className} aria-label={label}>
        {order.map((item, at) => {
          const key = keyOf(item);
          return (
            <li key={key} data-sort={key} class={`sort-item ${held === key ? 'sort-held' : ''}`}>
              {order.length > 1 && (
                <button
                  type="button"
                  class="sort-handle"
                  data-key={key}
                  aria-label={t('sort.handle', { what: nameOf(item, at), place: at + 1, of: order.length })}
                  aria-describedby={hint}
                  onPointerDown={grab(key)}
                  onKeyDown={step(key)}
                  onBlur={() => setFocus(undefined)}
                >
                  <span aria-hidden="true">⠿</span>
                </button>
              )}
              {children(item, at)}
            </li>
          );
        })}
      </ul>
      <p class="hidden" role="status">
        {said}
      </p>
    </>
  );
}
