import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.ts';
import { listen } from '../api/live.ts';
import { locale, t } from '../i18n.ts';
import { useStore } from '../store.ts';

function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  console.error(error);
  return new ApiProblem({ type: '', title: t('error.unknown'), status: 0, code: 'unknown', requestId: '' });
}

export interface Loaded<T> {
  data: T | undefined;
  problem: ApiProblem | undefined;
  loading: boolean;
  reload(): void;
  set(data: T): void;
}

/** Loads when shown and whenever a dependency or the language changes; an answer that is overtaken is dropped. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const language = useStore(locale);
  const [state, setState] = useState<{ data?: T; problem?: ApiProblem; loading: boolean }>({ loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, loading: true }));
    load().then(
      (data) => current && setState({ data, loading: false }),
      (error: unknown) => current && setState({ problem: asProblem(error), loading: false }),
    );
    return () => {
      current = false;
    };
  }, [...deps, round, language]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ data, loading: false }), []);
  return { data: state.data, problem: state.problem, loading: state.loading, reload, set };
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A list in pages: the first at once, others on request. */
export function usePages<P extends Page<unknown>>(
  load: (cursor: string | undefined) => Promise<P>,
  deps: readonly unknown[],
) {
  type T = P['items'][number];
  const first = useLoad(() => load(undefined), deps);
  const [more, setMore] = useState<{ of: P | undefined; items: T[]; next: string | null }>();
  const act = useAct();
  const added = more && more.of === first.data ? more : undefined;
  const next = added ? added.next : (first.data?.nextCursor ?? null);
  return {
    ...first,
    problem: first.problem ?? act.problem,
    items: [...(first.data?.items ?? []), ...(added?.items ?? [])] as T[],
    more:
      next === null
        ? undefined
        : () =>
            void act.run(async () => {
              const page = await load(next);
              setMore({ of: first.data, items: [...(added?.items ?? []), ...page.items], next: page.nextCursor });
            }),
    busy: act.busy,
  };
}

/** Something a person does: one at a time, its problem kept in words. */
export function useAct() {
  const [state, setState] = useState<{ busy: boolean; problem?: ApiProblem }>({ busy: false });
  const running = useRef(false);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setState({ busy: true });
    try {
      await act();
      setState({ busy: false });
      return true;
    } catch (error) {
      setState({ busy: false, problem: asProblem(error) });
      return false;
    } finally {
      running.current = false;
    }
  };
  return { busy: state.busy, problem: state.problem, run };
}
export type Act = ReturnType<typeof useAct>;

/** Calls again when the socket says that it is time, and after it was away. */
export function useNews(type: string, act: () => void): void {
  useEffect(() => listen((frame) => (frame.type === type || frame.type === 'resync') && act()), [type, act]);
}

/** Calls again every so often while `on` holds: for steps that other services finish. */
export function useEvery(ms: number, on: boolean, act: () => void): void {
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  }, [ms, on, act]);
}
