import type { z } from 'zod';
import type { dictionaryView } from '#contracts/admin/views.ts';
import { api } from './api/client.ts';
import { currentLocale } from './i18n.ts';
import { useLoad } from './ui/hooks.ts';
import type { Option } from './ui/form.tsx';

type Name = 'categories' | 'skills' | 'styles' | 'countries' | 'rules';
type View = z.output<typeof dictionaryView>;
const cache = new Map<Name, Promise<View>>();

function load(name: Name): Promise<View> {
  const known = cache.get(name);
  if (known) return known;
  const asked = api('admin', 'getDictionary', { params: { name } });
  cache.set(name, asked);
  // A failure is not kept: the next page asks again.
  asked.catch(() => cache.delete(name));
  return asked;
}

export interface Dictionary {
  title(key: string): string;
  options: Option[];
}

/** Titles of a dictionary in the present language; keys until it is here, or when it can't be had. */
export function useDictionary(name: Name): Dictionary {
  const { data } = useLoad(() => load(name), [name]);
  const titles = new Map((data?.items ?? []).map((entry) => [entry.key as string, entry.title[currentLocale()]]));
  return {
    title: (key) => titles.get(key) ?? key,
    options: (data?.items ?? [])
      .filter((entry) => !entry.deprecated)
      .map(
        (entry) =>
          [
            entry.key,
            // The parent of a skill is a category, which is no word of this dictionary.
            entry.parent && titles.has(entry.parent)
              ? `${titles.get(entry.parent)} · ${entry.title[currentLocale()]}`
              : entry.title[currentLocale()],
          ] as const,
      )
      .sort((a, b) => a[1].localeCompare(b[1], currentLocale())),
  };
}
