import type { z } from 'zod';
import type { savedQuery } from '#contracts/orders/saved-search.ts';
import type { Words } from '../data/words.ts';

export type SavedQuery = z.output<typeof savedQuery>;

/**
 * Keys by which a new listing finds a saved search: all fitting listings have one of them. The rarest condition is taken;
 * `rareness`: how many listings have each word of the query.
 */
export function anchorsOf(
  query: SavedQuery,
  words: Words | undefined,
  rareness: ReadonlyMap<string, number>,
): string[] {
  if (words) {
    const lexemes = [...new Set(words.words.map((word) => word.lexeme))];
    const rarest = lexemes.sort((a, b) => (rareness.get(a) ?? 0) - (rareness.get(b) ?? 0));
    return (words.alternatives ? lexemes : rarest.slice(0, 1)).map((lexeme) => `:${lexeme}`);
  }
  const { tag, skill, style, category, nda, urgent, currency } = query;
  if (tag?.[0]) return [`t:${tag[0].replaceAll('§', '')}`];
  if (skill?.[0]) return [`s:${skill[0]}`];
  if (style?.[0]) return [`y:${style[0]}`];
  if (category) return [`c:${category}`];
  if (nda) return ['n:true'];
  if (urgent) return ['u:true'];
  return [currency ? `m:${currency}` : '*'];
}
