/**
 * Search of orders with facets: 8 clients, 1,000,000 orders, beside Sphinx and plain PostgreSQL; 100,000, beside indexes in memory.
 * The value is the median time of an answer, so that less is better.
 */
import type { Bench } from './bench.ts';
import { memorySearch, plainSearch, sphinxSearch } from './search-peers.ts';
import { KINDS } from './search-queries.ts';
import { artel } from './search-world.ts';

const smoke = process.argv.includes('--smoke');
const MANY = smoke ? 4_000 : Number(process.env['SEARCH_ROWS'] ?? 1_000_000);
const SOME = smoke ? 2_000 : Math.min(MANY, 100_000);
const DEEP = 50;
const inWords = (rows: number) => rows.toLocaleString('en');

export const searchBench: readonly Bench[] = [
  ...KINDS.map(
    (kind): Bench => ({
      name: `search-${kind.name}`,
      title: `Search of ${inWords(MANY)} orders: ${kind.title}, 8 clients`,
      unit: 'ms, median',
      contenders: [
        artel(MANY, kind),
        sphinxSearch(MANY, kind),
        artel(MANY, kind, DEEP),
        sphinxSearch(MANY, kind, DEEP),
        plainSearch(MANY, kind),
      ],
      aims: [
        { ours: 'Artel', against: 'Sphinx', ratio: 3, kind: 'at most' },
        { ours: `Artel, page ${DEEP}`, against: `Sphinx, page ${DEEP}`, ratio: 3, kind: 'at most' },
      ],
      turnMs: 2_000,
      turns: 3,
    }),
  ),
  ...KINDS.map(
    (kind): Bench => ({
      name: `search-100k-${kind.name}`,
      title: `Search of ${inWords(SOME)} orders: ${kind.title}, 8 clients`,
      unit: 'ms, median',
      contenders: [artel(SOME, kind), memorySearch('MiniSearch', SOME, kind), memorySearch('FlexSearch', SOME, kind)],
      aims: [{ ours: 'Artel', against: 'MiniSearch', ratio: 0.2, kind: 'at most' }],
      turnMs: 2_000,
      turns: 3,
    }),
  ),
];
