/** Addresses of the app over the history API. Plain links work: a click on one of the own is taken here. */
import { useEffect } from 'preact/hooks';
import { store, useStore } from './store.ts';

export const address = store(location.pathname + location.search);

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  const samePage = to.split('?')[0] === address.value.split('?')[0];
  address.set(location.pathname + location.search);
  if (!samePage) scrollTo(0, 0);
}

/** Takes over the browser's buttons and the clicks on links of the app. */
export function startRouter(): void {
  addEventListener('popstate', () => address.set(location.pathname + location.search));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

export function useQuery(): URLSearchParams {
  return new URLSearchParams(useStore(address).split('?')[1] ?? '');
}

/** Changes words of the query and leaves the rest; an empty value takes the word out. */
export function changeQuery(changes: Record<string, string | readonly string[] | undefined>): void {
  const [path, search] = address.value.split('?');
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value ?? ''].flat()) if (one) query.append(name, one);
  }
  const text = query.toString();
  navigate(`${path}${text ? `?${text}` : ''}`);
}

/** `/orders/:id` against an address: the named parts, or undefined. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const want = pattern.split('/');
  const have = path.split('/');
  if (want.length !== have.length) return undefined;
  const params: Record<string, string> = {};
  for (const [place, part] of want.entries()) {
    const given = have[place] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(given);
      } catch {
        return undefined;
      }
    } else if (part !== given) return undefined;
  }
  return params;
}

export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} — Артель` : 'Артель';
  }, [title]);
}
