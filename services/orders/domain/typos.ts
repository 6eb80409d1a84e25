/** Most letters of a word that are looked at; words that go on differently are told apart by their distance. */
const MOST_LETTERS = 12;
/** From so many letters two mistakes are allowed for. */
const LONG = 8;

/** How many mistakes a word may have to be known again. */
export function mistakesIn(word: string): number {
  return [...word].length >= LONG ? 2 : 1;
}

/**
 * What is left of a word when letters are taken out, the word itself included. Two words with a letter too many, too few, another or
 * swapped have one of these in common, so that like words are found by look-ups.
 */
export function cutsOf(word: string): string[] {
  const letters = [...word].slice(0, MOST_LETTERS);
  const cuts = new Set([letters.join('')]);
  let last = [letters];
  for (let taken = 0; taken < mistakesIn(word); taken++) {
    last = last.flatMap((of) => of.map((_, at) => of.toSpliced(at, 1)));
    for (const of of last) cuts.add(of.join(''));
  }
  return [...cuts];
}

/** Letters to add, take out, exchange or swap to make one word of the other (optimal string alignment). */
export function distance(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const CYRILLIC = 'йцукенгшщзхъфывапролджэячсмитьбюё';

/** The same keys with the other language switched on; undefined: letters of both. */
export function otherLayout(text: string): string | undefined {
  const lower = text.toLowerCase();
  const [from, to] = /[а-яё]/.test(lower) ? [CYRILLIC, LATIN] : [LATIN, CYRILLIC];
  if (from === CYRILLIC && /[a-z]/.test(lower)) return undefined;
  return [...lower].map((letter) => to[from.indexOf(letter)] ?? letter).join('');
}

/** Words of a text from which misspelt ones can be put right. */
export function learnable(text: string): string[] {
  return (text.toLowerCase().match(/\p{L}+/gu) ?? []).filter((word) => word.length >= 4 && word.length <= 32);
}
