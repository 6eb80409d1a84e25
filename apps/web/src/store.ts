import { useEffect, useState } from 'preact/hooks';

/** A value that pages can watch. */
export interface Store<T> {
  readonly value: T;
  set(value: T): void;
  watch(listener: () => void): () => void;
}

export function store<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value, and a new rendering whenever it changes. */
export function useStore<T>(source: Store<T>): T {
  const [, again] = useState({});
  useEffect(() => source.watch(() => again({})), [source]);
  return source.value;
}
