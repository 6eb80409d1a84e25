/** What is searched for, in words that are as common as a bench says; several of each kind, so that no answer is at hand. */

export interface Ask {
  readonly q: string;
  readonly sort: 'newest' | 'relevance';
  readonly category?: string;
  readonly tag?: string;
  /** In minor units of rubles. */
  readonly budgetMin?: string;
  readonly budgetMax?: string;
  /** What a misspelt query should have been; contenders that don't put it right are asked this too. */
  readonly meant?: string;
}

export interface Kind {
  readonly name: string;
  readonly title: string;
  readonly asks: readonly Ask[];
}

const COMMON = ['дизайн', 'логотипы', 'design', 'website', 'разработка', 'сайтов'];
const TWO = [
  'логотип кофейни',
  'website illustration',
  'баннеры магазина',
  'перевод каталога',
  'дизайн ресторана',
  'презентация design',
];
const FILTERED = [
  { q: 'дизайн', category: 'web-design', tag: 'tag-2' },
  { q: 'логотип', category: 'logo-design', tag: 'tag-3' },
  { q: 'website', category: 'texts', tag: 'tag-1' },
  { q: 'проект', category: 'logo-design', tag: 'tag-5' },
];
const MISSPELT = [
  ['дезайн', 'дизайн'],
  ['лаготип', 'логотип'],
  ['websiet', 'website'],
  ['разроботка', 'разработка'],
  ['презинтация', 'презентация'],
] as const;

export const KINDS: readonly Kind[] = [
  { name: 'two-newest', title: 'two words, newest first', asks: TWO.map((q) => ({ q, sort: 'newest' })) },
  { name: 'common-newest', title: 'a common word, newest first', asks: COMMON.map((q) => ({ q, sort: 'newest' })) },
  {
    name: 'filters',
    title: 'word, category, tag and budget, newest first',
    asks: FILTERED.map((of) => ({ ...of, sort: 'newest', budgetMin: '2000000', budgetMax: '20000000' })),
  },
  { name: 'two-ranked', title: 'two words, by relevance', asks: TWO.map((q) => ({ q, sort: 'relevance' })) },
  { name: 'common-ranked', title: 'a common word, by relevance', asks: COMMON.map((q) => ({ q, sort: 'relevance' })) },
  {
    name: 'typo',
    title: 'a misspelt word, newest first',
    asks: MISSPELT.map(([q, meant]) => ({ q, meant, sort: 'newest' })),
  },
];

export const PAGE = 20;
export const CLIENTS = 8;

/** So many clients, each with its next question when it has the answer. Milliseconds. */
export async function measure(ms: number, ask: (turn: number) => Promise<unknown>) {
  const times: number[] = [];
  const begun = performance.now();
  let turn = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() - begun < ms) {
        const at = performance.now();
        await ask(turn++);
        times.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  times.sort((a, b) => a - b);
  const part = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { value: part(0.5), also: { p99: part(0.99), 'per second': times.length / seconds } };
}
