/**
 * A market to search: orders with Russian and English words as common as words are (Zipf), made by the database itself.
 * Sentences are made once and put together by chance; their vectors are added, which costs a tenth of parsing anew.
 */
import pg from 'pg';

/** Words by how common they are. What follows them in the vocabulary is made up of syllables. */
const WORDS =
  `нужен сделать работа сайт дизайн проект срочно логотип design website опыт разработка заказ статья текст перевод реклама
 стиль магазин фирменный страница интернет logo project баннер вёрстка приложение бренд упаковка иллюстрация презентация видео монтаж настройка
 продвижение аудит развитие карточка товар каталог меню кофейня ресторан пекарня салон клиника школа курс обучение бизнес компания
 developer mobile shop landing brand illustration banner video editing translation article copywriting seo marketing advertising packaging
 программист интерфейс прототип анимация персонаж обложка книга журнал открытка календарь плакат вывеска визитка буклет листовка
 чертёж визуализация интерьер архитектура мебель игрушка одежда принт паттерн шрифт леттеринг айдентика брендбук гайдлайн соцсети
 телеграм бот парсер скрипт база данные таблица отчёт анализ исследование опрос интервью редактура корректура озвучка субтитры
 react python backend frontend database api integration crm telegram bot parser script dashboard report analysis research survey
 icon poster cover book animation character packaging catalogue menu restaurant bakery coffee clinic school course education`
    .split(/\s+/)
    .filter(Boolean);
const SYLLABLES =
  'ба ве ги до жу за кли лор мен ни пра рос сте тур фан хол цер чи шан эко вита раз пол мир сан тель нор кан'.split(
    ' ',
  );
const CATEGORIES =
  'logo-design web-design texts illustration video mobile seo translation marketing animation print interior'.split(
    ' ',
  );

const VOCABULARY = 30_000;
const SENTENCES = 20_000;
/** A small market does with fewer. */
const sentencesFor = (rows: number) => Math.max(600, Math.min(SENTENCES, Math.round(rows / 9) * 3));

const one = (list: string, of: string) => `${list}[1 + floor(random() * ${of})::int]`;
/** Position in a list of so many, the first ones the most common. */
const zipf = (count: number) => `floor(exp(random() * ln(${count})))::int`;

const TABLES = `
  create unlogged table bench_words (n int primary key, word text not null);
  create unlogged table bench_sentences (n int primary key, text text not null, title boolean not null, vector tsvector not null);`;

async function makeSentences(client: pg.Client, sentences: number): Promise<void> {
  await client.query(TABLES);
  await client.query(
    `insert into bench_words select n, coalesce(($1::text[])[n], (select string_agg(${one('($2::text[])', String(SYLLABLES.length))}, '') from generate_series(1, 3 + n % 2) where n > 0))
     from generate_series(1, ${VOCABULARY}) n`,
    [WORDS, SYLLABLES],
  );
  await client.query(`
    insert into bench_sentences
    select s, text, s % 3 = 0, to_tsvector('russian', text) from (
      select s, string_agg(word, ' ') as text from (select s, ${zipf(VOCABULARY)} as n from generate_series(1, ${sentences}) s, generate_series(1, case when s % 3 = 0 then 4 else 8 end)) picked
      join bench_words using (n) group by s) sentences`);
  await client.query('analyze bench_words, bench_sentences');
}

/** A part of the orders, the oldest first; several parts are made side by side. */
const ordersOf = (sentences: number) => `
  insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, process, created_at, published_at, urgent, revisions_limit, review_days, reveal_days, search)
  select gen_random_uuid(), gen_random_uuid(), t.text, d1.text || '. ' || d2.text || '. ' || d3.text || '. ' || d4.text, (${`array['${CATEGORIES.join("','")}']`})[${zipf(CATEGORIES.length + 1)}],
    array['tag-' || ${zipf(500)}, 'tag-' || ${zipf(500)}], array['skill-' || ${zipf(200)}, 'skill-' || ${zipf(200)}, 'skill-' || ${zipf(200)}], array['style-' || ${zipf(80)}],
    o.budget, o.budget * 2, case when i % 20 = 0 then 'USD' else 'RUB' end, case when i % 3 = 0 then now() + random() * interval '90 days' end, 'published', 1, o.at, o.at, i % 15 = 0, 3, 14, 14,
    setweight(t.vector, 'A') || setweight(d1.vector || d2.vector || d3.vector || d4.vector, 'C')
  from (
    select i, now() - (($3 - i) * interval '2 seconds') as at, floor(exp(random() * 7) * 5000)::bigint * 100 as budget,
      3 * (1 + floor(random() * ${Math.floor(sentences / 3)})::int) as t, 1 + floor(random() * ${sentences})::int as a, 1 + floor(random() * ${sentences})::int as b, 1 + floor(random() * ${sentences})::int as c, 1 + floor(random() * ${sentences})::int as d
    from generate_series($1::bigint, $2::bigint) i) o
  join bench_sentences t on t.n = o.t join bench_sentences d1 on d1.n = o.a join bench_sentences d2 on d2.n = o.b join bench_sentences d3 on d3.n = o.c join bench_sentences d4 on d4.n = o.d`;
/** Fills the empty schema of orders; what a trigger does order by order is done at once, and indexes are made at the end. */
export async function seedOrders(url: string, rows: number, note: (text: string) => void = () => {}): Promise<void> {
  const clients = await Promise.all([connect(url), connect(url)]);
  const [first, second] = clients as [pg.Client, pg.Client];
  try {
    const sentences = sentencesFor(rows);
    await makeSentences(first, sentences);
    await first.query('alter table orders disable trigger keep_listing');
    await first.query('drop index listings_keys');
    const half = Math.floor(rows / 2);
    const parts = [
      [1, half],
      [half + 1, rows],
    ] as const;
    note('orders');
    await Promise.all(
      parts.map(([from, to], at) => (at ? second : first).query(ordersOf(sentences), [from, to, rows])),
    );
    note('listings');
    await fillListings(first, second, rows);
    note('indexes');
    await first.query("set maintenance_work_mem = '1GB'");
    await first.query('create index listings_keys on listings using gin (keys) with (fastupdate = off)');
    await first.query(`select setval('listing_numbers', ${rows})`);
    await first.query('alter table orders enable trigger keep_listing');
    await Promise.all([first.query('vacuum analyze orders'), second.query('vacuum analyze listings')]);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Numbered in the order of publication; both halves side by side. */
async function fillListings(first: pg.Client, second: pg.Client, rows: number): Promise<void> {
  await first.query(
    'create unlogged table bench_numbers as select order_id, row_number() over (order by published_at) as number from orders where listed',
  );
  await first.query('analyze bench_numbers');
  const fill = (client: pg.Client, from: number, to: number) =>
    client.query(
      'insert into listings select l.* from bench_numbers n join orders o using (order_id), listing_of(n.number, o) l where n.number > $1 and n.number <= $2 order by n.number',
      [from, to],
    );
  await Promise.all([fill(first, 0, Math.floor(rows / 2)), fill(second, Math.floor(rows / 2), rows)]);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=orders -c synchronous_commit=off' });
  await client.connect();
  return client;
}

/** What the titles are made of. */
export async function titleSentences(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>('select text from bench_sentences where title');
  return rows.map((row) => row.text);
}
