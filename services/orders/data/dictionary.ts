import { type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { cutsOf, distance, learnable, mistakesIn, otherLayout } from '../domain/typos.ts';
import { type Words, wordsOf } from './words.ts';

/** Most typed words that a correction looks at. */
const MOST_WORDS = 8;
const MOST_CANDIDATES = 50;

/** Whether anything that can be found has the word. */
type IsWritten = (lexeme: string) => Promise<boolean>;

/**
 * The query with the words that nobody wrote put right; undefined: nothing to put right, or nothing like it is known. A word
 * is known by what is left when letters are taken out, so that a misspelt one is found by look-ups, however many words there are.
 */
export async function correct(db: Queries, asked: Words, isWritten: IsWritten): Promise<Words | undefined> {
  const unknown = [];
  for (const word of asked.words.slice(0, MOST_WORDS)) if (!(await isWritten(word.lexeme))) unknown.push(word);
  if (unknown.length === 0) return undefined;
  if (unknown.length === asked.words.length) {
    const other = otherLayout(asked.q);
    const words = other === undefined || other === asked.q ? undefined : await wordsOf(db, other);
    if (words && (await all(words.words, isWritten))) return words;
  }
  let q = asked.q;
  for (const { typed } of unknown) {
    const better = await closest(db, typed.toLowerCase());
    if (better !== undefined) q = withWord(q, typed, better);
  }
  return q === asked.q ? undefined : await wordsOf(db, q);
}

async function all(words: Words['words'], isWritten: IsWritten): Promise<boolean> {
  for (const { lexeme } of words.slice(0, MOST_WORDS)) if (!(await isWritten(lexeme))) return false;
  return true;
}

/** The known word with the fewest mistakes between, of those the one that is used most. */
async function closest(db: Queries, word: string): Promise<string | undefined> {
  if (word.length < 4 || word.length > 32) return undefined;
  const candidates = await db.many<{ word: string }>(sql`
    select word from words where word_id in (select word_id from word_cuts where cut in (select hashtextextended(cut, 0) from unnest(${cutsOf(word)}::text[]) cut))
    order by uses desc, word limit ${MOST_CANDIDATES}`);
  const most = mistakesIn(word);
  let best: { word: string; mistakes: number } | undefined;
  for (const one of candidates) {
    const mistakes = distance(word, one.word);
    if (mistakes <= most && mistakes > 0 && (!best || mistakes < best.mistakes)) best = { word: one.word, mistakes };
  }
  return best?.word;
}

function withWord(q: string, typed: string, better: string): string {
  const pattern = typed.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&');
  return q.replace(new RegExp(`(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`), better);
}

/**
 * Takes in the words of texts that everybody may see, and lets go of those of texts that are gone. In the order of the words, so
 * that two at once do not wait for each other in a ring.
 */
export async function learn(tx: Tx, texts: readonly string[], gone: readonly string[] = []): Promise<void> {
  const counts = new Map<string, number>();
  for (const word of texts.flatMap(learnable)) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const word of gone.flatMap(learnable)) counts.set(word, (counts.get(word) ?? 0) - 1);
  const changes = [...counts].filter(([, change]) => change !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const more = changes.filter(([, change]) => change > 0);
  const less = changes.filter(([, change]) => change < 0);
  const table = (of: typeof changes) =>
    sql`unnest(${of.map(([word]) => word)}::text[], ${of.map(([, change]) => change)}::int[]) c(word, change)`;
  if (more.length > 0) await addWords(tx, table(more));
  if (less.length === 0) return;
  await tx.run(sql`update words w set uses = w.uses + c.change from ${table(less)} where w.word = c.word`);
  await tx.run(sql`delete from words w using ${table(less)} where w.word = c.word and w.uses <= 0`);
}

async function addWords(tx: Tx, table: Sql): Promise<void> {
  const learnt = await tx.many<{ wordId: number; word: string; fresh: boolean }>(sql`
    insert into words (word, uses) select word, change from ${table} on conflict (word) do update set uses = words.uses + excluded.uses
    returning word_id as "wordId", word, xmax = 0 as fresh`);
  const cuts = learnt
    .filter(({ fresh }) => fresh)
    .flatMap(({ wordId, word }) => cutsOf(word).map((cut) => ({ wordId, cut })));
  if (cuts.length > 0)
    await tx.run(sql`
      insert into word_cuts (cut, word_id) select hashtextextended(c.cut, 0), c.word_id
      from unnest(${cuts.map(({ cut }) => cut)}::text[], ${cuts.map(({ wordId }) => wordId)}::int[]) c(cut, word_id) on conflict do nothing`);
}
