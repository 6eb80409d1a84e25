/** What orders could be searched with instead: Sphinx, plain tsvector with ts_rank, indexes in memory. */
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from '#testing/ports.ts';
import type { Contender, Turn } from './bench.ts';
import { atEnd } from './needs.ts';
import { has, launch } from './processes.ts';
import { type Ask, CLIENTS, type Kind, measure, PAGE } from './search-queries.ts';
import { searchWorld } from './search-world.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const number = (list: string) => `(select string_agg(regexp_replace(k, '\\D', '', 'g'), ',') from unnest(${list}) k)`;
/** The orders in the form that Sphinx reads: fields of text, then attributes, lists as numbers. */
const EXPORT = `select l.listing_no, o.title, array_to_string(o.tags, ' '), o.description, ('x' || substr(md5(l.category), 1, 7))::bit(28)::int, ${number('l.tags')}, ${number('l.skills')}, ${number('l.styles')}, l.budget_min, l.budget_max, case l.currency when 'RUB' then 1 else 2 end, l.listing_no from listings l join orders o using (order_id)`;
const config = (folder: string, port: number) => `
source orders {
  type = tsvpipe
  tsvpipe_command = cat ${folder}/orders.tsv
  tsvpipe_field = title
  tsvpipe_field = tags_text
  tsvpipe_field = description
  tsvpipe_attr_uint = category
  tsvpipe_attr_multi = tags
  tsvpipe_attr_multi = skills
  tsvpipe_attr_multi = styles
  tsvpipe_attr_bigint = budget_min
  tsvpipe_attr_bigint = budget_max
  tsvpipe_attr_uint = currency
  tsvpipe_attr_uint = no
}
index orders {
  source = orders
  path = ${folder}/orders
  morphology = stem_enru
  docinfo = extern
}
indexer {
  mem_limit = 512M
}
searchd {
  listen = 127.0.0.1:${port}:mysql41
  log = ${folder}/searchd.log
  pid_file = ${folder}/searchd.pid
  binlog_path =
  workers = threads
}`;

interface MysqlPool {
  query(text: string): Promise<[unknown]>;
  end(): Promise<void>;
}
const sphinxes = new Map<number, Promise<MysqlPool>>();

function sphinx(rows: number): Promise<MysqlPool> {
  let open = sphinxes.get(rows);
  if (!open) {
    open = startSphinx(rows);
    sphinxes.set(rows, open);
  }
  return open;
}

async function startSphinx(rows: number): Promise<MysqlPool> {
  const world = await searchWorld(rows);
  const folder = mkdtempSync(join(tmpdir(), 'artel-sphinx-'));
  atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  // The database writes the file, as whatever user it runs.
  chmodSync(folder, 0o777);
  const owner = await world.owner();
  await owner.query(`copy (${EXPORT}) to '${folder}/orders.tsv'`);
  await owner.end();
  const port = await freePort();
  writeFileSync(`${folder}/sphinx.conf`, config(folder, port));
  await run('indexer', ['--config', `${folder}/sphinx.conf`, '--quiet', 'orders'], { maxBuffer: 1 << 24 });
  const daemon = launch(['searchd', '--config', `${folder}/sphinx.conf`, '--nodetach']);
  atEnd(() => daemon.end());
  const mysql = createRequire(`${here}peers/package.json`)('mysql2/promise') as { createPool(of: object): MysqlPool };
  const pool = mysql.createPool({
    host: '127.0.0.1',
    port,
    user: 'bench',
    connectionLimit: CLIENTS,
    multipleStatements: true,
  });
  atEnd(() => pool.end());
  for (let tries = 0; ; tries++) {
    try {
      await pool.query('select id from orders limit 1');
      return pool;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(100);
    }
  }
}

const categoryCode = (category: string) => `CATEGORY:${category}`;

/** SphinxQL: the page and, on the first one, what it can count in the same call. */
function sphinxQuery(ask: Ask, codes: ReadonlyMap<string, number>, page: number): string {
  const words = ask.q.replaceAll(/[^\p{L}\p{N} ]/gu, ' ');
  const where = [
    `match('@(title,tags_text,description) ${words}')`,
    ...(ask.category ? [`category = ${codes.get(categoryCode(ask.category)) ?? 0}`] : []),
    ...(ask.tag ? [`tags = ${ask.tag.replaceAll(/\D/g, '')}`] : []),
    ...(ask.budgetMin ? [`budget_max >= ${ask.budgetMin}`, 'currency = 1'] : []),
    ...(ask.budgetMax ? [`budget_min <= ${ask.budgetMax}`] : []),
  ];
  const by = ask.sort === 'relevance' ? 'weight() desc, no desc' : 'no desc';
  const select = `select id from orders where ${where.join(' and ')} order by ${by} limit ${(page - 1) * PAGE}, ${PAGE} option max_matches = 1000`;
  return page > 1
    ? select
    : `${select} facet category limit 20 facet skills limit 20 facet styles limit 20 facet tags limit 20`;
}

export function sphinxSearch(rows: number, kind: Kind, page = 1): Contender {
  return {
    name: page === 1 ? 'Sphinx' : `Sphinx, page ${page}`,
    role: 'peer',
    async start() {
      if (!has('searchd') || !has('indexer')) return { absent: 'sphinxsearch is not installed' };
      const pool = await sphinx(rows);
      const owner = await (await searchWorld(rows)).owner();
      const { rows: found } = await owner.query<{ category: string; code: number }>(
        `select distinct category, ('x' || substr(md5(category), 1, 7))::bit(28)::int as code from listings`,
      );
      await owner.end();
      const codes = new Map(found.map(({ category, code }) => [categoryCode(category), code]));
      const texts = kind.asks.map((ask) => [
        sphinxQuery(ask, codes, page),
        // It puts no word right: what it costs to be asked the right one after the wrong one.
        ...(ask.meant ? [sphinxQuery({ ...ask, q: ask.meant }, codes, page)] : []),
      ]);
      return {
        turn: (ms) =>
          measure(ms, async (turn) => {
            for (const text of texts[turn % texts.length] ?? []) await pool.query(text);
          }),
        async stop() {},
      };
    },
  };
}

const PLAIN_FACETS = ['array[category]', 'skills', 'styles', 'tags'];

function plainQuery(ask: Ask, page: number): { text: string; values: unknown[] } {
  const where = [
    "search @@ websearch_to_tsquery('russian', $1)",
    ...(ask.category ? [`category = '${ask.category}'`] : []),
    ...(ask.tag ? [`tags @> array['${ask.tag}']`] : []),
    ...(ask.budgetMin ? [`budget_max >= ${ask.budgetMin} and currency = 'RUB'`] : []),
    ...(ask.budgetMax ? [`budget_min <= ${ask.budgetMax}`] : []),
  ].join(' and ');
  const by =
    ask.sort === 'relevance'
      ? "ts_rank(search, websearch_to_tsquery('russian', $1)) desc, published_at desc"
      : 'published_at desc';
  const rows = `select * from orders where ${where}`;
  const pages = `select order_id::text as key, 0 as count from (${rows} order by ${by} limit ${PAGE} offset ${(page - 1) * PAGE}) p`;
  const counts = PLAIN_FACETS.map(
    (list) => `(select k, count(*) from hits, unnest(${list}) k group by k order by 2 desc limit 20)`,
  );
  const text =
    page > 1 ? pages : `with hits as materialized (${rows}) ${pages} union all ${counts.join(' union all ')}`;
  return { text, values: [ask.meant ?? ask.q] };
}

/** The first thing one would write: a tsvector with a GIN index, ts_rank, offset, counts over all matches. */
export function plainSearch(rows: number, kind: Kind, page = 1): Contender {
  return {
    name: page === 1 ? 'tsvector, ts_rank' : `tsvector, ts_rank, page ${page}`,
    role: 'peer',
    async start() {
      const world = await searchWorld(rows);
      const owner = await world.owner();
      await owner.query("set maintenance_work_mem = '1GB'");
      await owner.query('create index if not exists bench_plain on orders using gin (search)');
      await owner.query('create index if not exists bench_plain_newest on orders (published_at desc)');
      await owner.end();
      const pool = new pg.Pool({
        connectionString: world.platform.adminUrl,
        max: CLIENTS,
        options: '-c search_path=orders',
      });
      const queries = kind.asks.map((ask) => plainQuery(ask, page));
      return {
        turn: (ms) => measure(ms, (turn) => pool.query(queries[turn % queries.length] as (typeof queries)[number])),
        stop: () => pool.end(),
      };
    },
  };
}

/** MiniSearch or FlexSearch in a process of its own that asks itself, without any transport. */
export function memorySearch(name: 'MiniSearch' | 'FlexSearch', rows: number, kind: Kind): Contender {
  return {
    name,
    role: 'peer',
    async start() {
      const child = await memoryProcess(name, rows);
      return {
        async turn(ms) {
          child.send({ ms, asks: kind.asks, page: PAGE });
          const [turn] = (await once(child, 'message')) as [Turn];
          return turn;
        },
        async stop() {},
      };
    },
  };
}

type Child = ReturnType<typeof fork>;
const children = new Map<string, Promise<Child>>();

function memoryProcess(name: string, rows: number): Promise<Child> {
  const key = `${name} ${rows}`;
  let child = children.get(key);
  if (!child) {
    child = startMemory(name, rows);
    children.set(key, child);
  }
  return child;
}

async function startMemory(name: string, rows: number): Promise<Child> {
  const owner = await (await searchWorld(rows)).owner();
  const child = fork(`${here}peers/search-memory.mjs`, [name], {
    serialization: 'advanced',
    execArgv: ['--max-old-space-size=4096'],
  });
  atEnd(async () => {
    child.kill();
  });
  for (let from = 0; from < rows; from += 10_000) {
    const { rows: docs } = await owner.query(
      `select l.listing_no::int as id, o.title, array_to_string(o.tags, ' ') as words, o.description, l.category, l.tags, l.skills, l.styles, l.budget_min::float8 as "budgetMin", l.budget_max::float8 as "budgetMax", l.currency
       from listings l join orders o using (order_id) where l.listing_no > $1 and l.listing_no <= $2`,
      [from, from + 10_000],
    );
    child.send({ docs });
    await once(child, 'message');
  }
  await owner.end();
  return child;
}
