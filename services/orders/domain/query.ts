/**
 * What of a typed query can be searched (the database takes no NUL): nothing without a word that is wanted (only excluded words would read the whole
 * index). Undefined: nothing.
 */
export function searchable(q: string | undefined): string | undefined {
  if (q === undefined) return undefined;
  const words = q.toWellFormed().replaceAll('\0', ' ').split(/\s+/).filter(Boolean);
  const wanted = words.some((word) => !word.startsWith('-') && /[\p{L}\p{N}]/u.test(word));
  return wanted ? words.join(' ') : undefined;
}

/** Where the number of a chunk belongs in the keys that are asked for (see the migration of `listings`). */
export const CHUNK = '§';

/** A key of listings in the notation of a tsquery. */
export function keyOf(kind: string, value: string): string {
  const text = value.replaceAll(CHUNK, '').replaceAll('\\', '\\\\').replaceAll("'", "''");
  return `'${CHUNK}${kind}:${text}'`;
}

const LEXEME = /'((?:[^'\\]|''|\\\\)*)'/g;

export interface WordQuery {
  /** Keys that a listing must have. */
  readonly keys: string;
  /** Words that must stand next to each other are not in the keys: the words themselves are asked too. */
  readonly phrases: boolean;
  /** Not every word has to be there. */
  readonly alternatives: boolean;
}

/** A tsquery as the database writes it, put to the keys of listings. Undefined: nothing but words too common to search. */
export function wordQuery(text: string, lexemes: readonly string[]): WordQuery | undefined {
  if (text === '' || lexemes.length === 0) return undefined;
  const phrases = /<(-|\d+)>/.test(text.replaceAll(LEXEME, ''));
  const alternatives = text.replaceAll(LEXEME, '').includes('|');
  // Without a phrase the words themselves tell no more. That it is not a phrase can't be asked by keys: then any of its words leads there.
  const loose = phrases && text.replaceAll(LEXEME, '').includes('!');
  const keys = loose
    ? lexemes.map((lexeme) => keyOf('', lexeme)).join(' | ')
    : text.replaceAll(/<(?:-|\d+)>/g, '&').replaceAll(LEXEME, `'${CHUNK}:$1'`);
  return { keys, phrases, alternatives };
}

/** The words of a query that are wanted, as they are typed. */
export function typedWords(q: string): string[] {
  const wanted = q.matchAll(/(?<![\p{L}\p{N}])(-?)([\p{L}\p{N}][\p{L}\p{N}_+#.'’-]*)/gu);
  const words = [...wanted]
    .filter(([, minus]) => minus !== '-')
    .map(([, , word]) => (word ?? '').replace(/[.'’-]+$/, ''));
  return [...new Set(words.filter((word) => word !== '' && word.toLowerCase() !== 'or'))].slice(0, 20);
}
