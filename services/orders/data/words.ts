import { type Queries, type Sql, sql } from '#kit/db/db.ts';
import { typedWords, type WordQuery, wordQuery } from '../domain/query.ts';

/** The words of a text, each in any form, Russian or English: this configuration knows both by their letters. */
export function vectorOf(text: string): Sql {
  return sql`to_tsvector('russian', ${text})`;
}

/** What was typed, as the database understands it. */
export interface Words extends WordQuery {
  readonly q: string;
  /** In the database's own notation. */
  readonly tsquery: string;
  readonly words: readonly { readonly typed: string; readonly lexeme: string }[];
}

const KEPT = 2_000;
/** The same words are understood the same way: asked once. Null: nothing to search by. */
const understood = new Map<string, Words | null>();

/** Undefined: only words that are too common to be searched by. */
export async function wordsOf(db: Queries, q: string): Promise<Words | undefined> {
  const kept = understood.get(q);
  if (kept !== undefined) return kept ?? undefined;
  const { tsquery, words } = await db.one<{ tsquery: string; words: Words['words'] }>(sql`
    select websearch_to_tsquery('russian', ${q})::text as tsquery,
      (select coalesce(jsonb_agg(jsonb_build_object('typed', t.word, 'lexeme', l.lexeme) order by t.n), '[]') from unnest(${typedWords(q)}::text[]) with ordinality t(word, n), unnest(to_tsvector('russian', t.word)) l) as words`);
  const query = wordQuery(
    tsquery,
    words.map((word) => word.lexeme),
  );
  const result = query ? { ...query, q, tsquery, words } : null;
  if (understood.size >= KEPT) understood.delete(understood.keys().next().value as string);
  understood.set(q, result);
  return result ?? undefined;
}
