/** The orders of the demo data, and how each of them went. */
import type { Picture } from './pictures.ts';

export interface DemoResponse {
  readonly by: string;
  /** Rubles. */
  readonly price: number;
  readonly days: number;
  readonly letter: string;
  /** The price in parts, each paid on its own. */
  readonly parts?: readonly { readonly title: string; readonly amount: number; readonly days: number }[];
}

/** How far an order went. From `in_progress` on the first response was accepted. */
export type Fate =
  | 'draft'
  /** Published without money: it is a draft again and says why. */
  | 'refused'
  | 'published'
  /** Published a month ago, and nobody responded. */
  | 'expired'
  | 'cancelled'
  | 'in_progress'
  | 'delivered'
  | 'completed'
  | 'disputed'
  | 'split';

interface Mark {
  readonly rating: number;
  readonly text: string;
}

export interface DemoOrder {
  readonly client: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly skills: readonly string[];
  readonly styles?: readonly string[];
  /** Rubles. */
  readonly budget: readonly [number, number];
  /** The work is wanted in so many days. */
  readonly inDays: number | null;
  readonly fate: Fate;
  /** By the hour: budget and prices are of an hour, a week costs no more than so many. */
  readonly weeklyHours?: number;
  /** What was worked today, once the work has begun. */
  readonly hours?: readonly (readonly [minutes: number, note: string])[];
  /** What is handed in for the first of the parts. */
  readonly firstPart?: string;
  readonly responses?: readonly DemoResponse[];
  readonly invited?: string;
  /** What the client and the first who responded wrote to each other, a picture perhaps. */
  readonly talk?: readonly (readonly [who: 'client' | 'freelancer', text: string, picture?: Picture])[];
  readonly delivery?: string;
  readonly reviews?: { readonly byClient: Mark; readonly byFreelancer: Mark; readonly answer?: string };
  readonly dispute?: { readonly subject: string; readonly text: string; readonly answer: string };
  /** Rubles for the freelancer, and why. */
  readonly ruling?: { readonly freelancer: number; readonly reason: string };
}

const OLGA: readonly DemoOrder[] = [
  {
    client: 'olga',
    title: 'Логотип для кофейни «Зерно и пар»',
    description:
      'Нужен логотип для небольшой кофейни в центре города. Тёплые спокойные тона, должен читаться на вывеске и на крышке стакана. Три концепции, одну доводим.',
    category: 'logo-design',
    tags: ['кофе', 'вывеска'],
    skills: ['logo', 'branding'],
    styles: ['minimalism'],
    budget: [15_000, 30_000],
    inDays: 14,
    fate: 'completed',
    responses: [
      {
        by: 'anna',
        price: 24_000,
        days: 10,
        letter:
          'Здравствуйте, Ольга! Рисовала знаки для четырёх кофеен, один есть в портфолио. Сделаю три концепции за пять дней.',
      },
      {
        by: 'pavel',
        price: 18_000,
        days: 14,
        letter: 'Добрый день! Предлагаю рисованный знак: зерно и облачко пара, от руки.',
      },
    ],
    talk: [
      ['client', 'Анна, здравствуйте! Понравилась чашка в портфолио. Хочется что-то такое же простое.'],
      ['freelancer', 'Здравствуйте! Поняла. А где знак будет жить чаще всего: на стакане или на вывеске?'],
      ['client', 'На стакане. Вывеска узкая, туда пойдёт одно название.'],
      ['freelancer', 'Тогда начну с круглого. Вот первый набросок, цвет пока условный.', 'cup'],
      ['client', 'Очень похоже на нас! Чуть потемнее коричневый, и можно доводить.'],
    ],
    delivery: 'Готово: знак в векторе, версии для стакана и вывески, гайд на шесть страниц.',
    reviews: {
      byClient: {
        rating: 5,
        text: 'Попала в точку со второго наброска. Гайд понятный, типография вопросов не задала.',
      },
      byFreelancer: { rating: 5, text: 'Чёткие ответы, быстрые решения, живой проект. С радостью поработаю ещё.' },
      answer: 'Ольга, спасибо! Жду фото вывески.',
    },
  },
  {
    client: 'olga',
    title: 'Фирменные стаканы, меню и карта гостя',
    description:
      'Продолжаем логотип: разложить стиль на стаканы трёх размеров, меню А3 и карту гостя. Исходники для типографии.',
    category: 'brand-identity',
    tags: ['кофе', 'полиграфия'],
    skills: ['branding', 'illustrator'],
    styles: ['minimalism'],
    budget: [25_000, 45_000],
    inDays: 21,
    fate: 'in_progress',
    responses: [
      {
        by: 'anna',
        price: 38_000,
        days: 18,
        letter: 'Ольга, продолжу с удовольствием: стиль уже в голове, начну со стаканов.',
      },
    ],
    talk: [
      ['freelancer', 'Пришлите, пожалуйста, развёртку стакана от вашей типографии.'],
      ['client', 'Завтра утром будет. Размеры 200, 300 и 400 мл.'],
    ],
  },
  {
    client: 'olga',
    title: 'Сайт-визитка сети кофеен',
    description:
      'Одна страница: меню, адреса на карте, вакансии. Должна быстро открываться на телефоне. Дизайн в Figma готов.',
    category: 'frontend',
    tags: ['сайт', 'вёрстка'],
    skills: ['html', 'css'],
    budget: [30_000, 50_000],
    inDays: 20,
    fate: 'delivered',
    responses: [
      {
        by: 'timur',
        price: 42_000,
        days: 12,
        letter: 'Сверстаю за 12 дней, с картой и формой для вакансий. Проверю на старых телефонах.',
      },
    ],
    talk: [
      ['client', 'Тимур, карту лучше без рекламы вокруг.'],
      ['freelancer', 'Да, сделаю статичную картинку со ссылкой: и быстрее, и спокойнее.', 'landing'],
    ],
    delivery: 'Сайт на тестовом адресе, исходники в архиве. Первая загрузка 0,9 с на 3G.',
  },
  {
    client: 'olga',
    title: 'Тексты для меню и страницы «О нас»',
    description:
      'Описания 28 напитков по одной строке и рассказ о кофейне на 1500 знаков. Без «неповторимой атмосферы».',
    category: 'copywriting',
    tags: ['кофе', 'меню'],
    skills: ['selling-texts'],
    budget: [8_000, 14_000],
    inDays: 10,
    fate: 'published',
    responses: [
      {
        by: 'daria',
        price: 12_000,
        days: 6,
        letter: 'Здравствуйте! Приеду мысленно на каждую чашку: пришлю три пробных строки бесплатно.',
      },
    ],
    talk: [
      [
        'freelancer',
        'Три пробы: «Раф: сливки, ваниль, длинный вечер». «Эспрессо: коротко и по делу». «Какао: для тех, кто за рулём санок».',
      ],
      ['client', 'Про санки отлично! Посоветуюсь с бариста и вернусь.'],
    ],
  },
  {
    client: 'olga',
    title: 'Эскиз росписи стены в зале',
    description: 'Стена 4 × 2,6 м, кирпич под краску. Нужен эскиз с раскладкой по цветам. Допишу пожелания позже.',
    category: 'illustration',
    tags: ['роспись'],
    skills: [],
    styles: ['hand-drawn'],
    budget: [10_000, 20_000],
    inDays: null,
    fate: 'draft',
  },
];

const IGOR: readonly DemoOrder[] = [
  {
    client: 'igor',
    title: 'Лендинг курса «Аналитика с нуля»',
    description:
      'Страница курса: программа, преподаватели, форма записи. Макет готов, нужна вёрстка и подключение формы.',
    category: 'frontend',
    tags: ['лендинг', 'курс'],
    skills: ['html', 'css', 'typescript'],
    styles: ['flat'],
    budget: [40_000, 70_000],
    inDays: 14,
    fate: 'completed',
    responses: [
      {
        by: 'timur',
        price: 56_000,
        days: 10,
        letter: 'Игорь, здравствуйте! Делал три лендинга курсов, последний в портфолио. Начну в понедельник.',
      },
    ],
    talk: [
      ['client', 'Форма должна писать в нашу CRM, доступ дам.'],
      ['freelancer', 'Хорошо. В конце каждого дня присылаю отчёт, сегодня готов первый экран.'],
    ],
    delivery: 'Страница готова, форма пишет в CRM, события для аналитики расставлены.',
    reviews: {
      byClient: { rating: 4, text: 'Сделано хорошо и в срок. Форму пришлось один раз поправить, исправил за час.' },
      byFreelancer: { rating: 5, text: 'Подробное ТЗ и доступы в первый день. Отличный заказчик.' },
    },
  },
  {
    client: 'igor',
    title: 'Четыре статьи для блога об аналитике',
    description: 'Статьи по 8000 знаков: воронки, когорты, A/B-тесты, ошибки новичков. Нужны примеры с цифрами.',
    category: 'articles',
    tags: ['блог', 'аналитика'],
    skills: ['seo-texts'],
    budget: [20_000, 32_000],
    inDays: 20,
    fate: 'disputed',
    responses: [
      {
        by: 'daria',
        price: 28_000,
        days: 15,
        letter: 'Писала об аналитике для двух школ. Примеры возьму из открытых данных.',
      },
    ],
    talk: [['client', 'Дарья, вторая статья расходится с планом: когорты не раскрыты.']],
    delivery: 'Четыре статьи в одном документе, источники в сносках.',
    dispute: {
      subject: 'Две статьи из четырёх не по плану',
      text: 'Статьи о когортах и A/B-тестах не раскрывают тему, примеров с цифрами нет. Хочу вернуть половину.',
      answer: 'Здравствуйте! Взяла спор в работу, читаю статьи и переписку. Отвечу сегодня.',
    },
  },
  {
    client: 'igor',
    title: 'Набор из 24 иконок для личного кабинета',
    description: 'Линейные иконки 24 × 24 в SVG, светлая и тёмная тема. Список понятий приложу, стиль спокойный.',
    category: 'ui-ux',
    tags: ['иконки'],
    skills: ['vector-graphics', 'figma'],
    styles: ['minimalism', 'flat'],
    budget: [12_000, 24_000],
    inDays: 15,
    fate: 'published',
    responses: [
      {
        by: 'pavel',
        price: 19_000,
        days: 8,
        letter: 'Нарисую по сетке, с толщиной 1,5. Две иконки на пробу пришлю сразу.',
      },
      {
        by: 'anna',
        price: 22_000,
        days: 7,
        letter: 'Сделаю в Figma с компонентами для обеих тем, разработчики скажут спасибо.',
      },
    ],
  },
  {
    client: 'igor',
    title: 'Письма для запуска нового потока',
    description: 'Цепочка из пяти писем для тех, кто прошёл бесплатный урок. Тон дружеский, без давления.',
    category: 'email-marketing',
    tags: ['письма'],
    skills: ['selling-texts'],
    budget: [10_000, 15_000],
    inDays: 7,
    fate: 'cancelled',
    responses: [{ by: 'daria', price: 14_000, days: 5, letter: 'Похожая серия есть в портфолио: открываемость 41 %.' }],
  },
];

/** Deals of other shapes: by the hour, in parts; and one that nobody wanted. */
const SHAPES: readonly DemoOrder[] = [
  {
    client: 'olga',
    title: 'Аудиоролик для радио в торговом центре',
    description: 'Тридцать секунд: голос, звук кофемашины, название и адрес. Текст есть, нужны запись и сведение.',
    category: 'voice-over',
    tags: ['радио', 'реклама'],
    skills: [],
    budget: [3_000, 5_000],
    inDays: null,
    fate: 'expired',
  },
  {
    client: 'igor',
    title: 'Поддержка сайта школы, по часам',
    description:
      'Нужен разработчик на несколько часов в неделю: новые страницы курсов, мелкие правки, обновления. Задачи в трекере, созвон по понедельникам.',
    category: 'frontend',
    tags: ['поддержка', 'сайт'],
    skills: ['html', 'css'],
    budget: [2_000, 3_000],
    inDays: null,
    weeklyHours: 10,
    fate: 'in_progress',
    responses: [{ by: 'timur', price: 2_800, days: 60, letter: 'Веду три таких сайта, отвечаю в тот же день.' }],
    hours: [
      [150, 'Страница курса по аналитике, проверка на телефоне'],
      [45, 'Обновления и резервная копия'],
    ],
  },
  {
    client: 'olga',
    title: 'Меню и вывеска для кофейни',
    description: 'После логотипа: меню на стойку, меню навынос и макет световой вывески по размерам монтажников.',
    category: 'brand-identity',
    tags: ['меню', 'вывеска'],
    skills: ['branding', 'illustrator'],
    budget: [20_000, 30_000],
    inDays: 40,
    fate: 'in_progress',
    responses: [
      {
        by: 'anna',
        price: 27_000,
        days: 25,
        letter: 'Знаю ваш знак изнутри. Сначала меню, потом вывеска: так их можно принять по отдельности.',
        parts: [
          { title: 'Меню на стойку и навынос', amount: 15_000, days: 12 },
          { title: 'Макет вывески', amount: 12_000, days: 25 },
        ],
      },
    ],
    firstPart: 'Оба меню в PDF для печати и исходники. Цены можно менять, не трогая вёрстки.',
  },
];

const MARINA: readonly DemoOrder[] = [
  {
    client: 'marina',
    title: 'Вёрстка каталога книг для сайта',
    description: 'Каталог на 60 книг с фильтром по возрасту. Дизайн есть, нужна адаптивная вёрстка.',
    category: 'frontend',
    tags: ['каталог'],
    skills: ['html', 'css'],
    budget: [25_000, 40_000],
    inDays: 30,
    fate: 'refused',
  },
  {
    client: 'marina',
    title: 'Иллюстрации к сказке «Ночной почтальон»',
    description:
      'Двенадцать разворотов и форзац. Акварель или её имитация, герой: лис в форменной фуражке. Нужен персонаж до договора.',
    category: 'illustration',
    tags: ['детская книга', 'акварель'],
    skills: ['photoshop'],
    styles: ['watercolor', 'hand-drawn'],
    budget: [60_000, 110_000],
    inDays: 60,
    fate: 'published',
    responses: [
      {
        by: 'pavel',
        price: 98_000,
        days: 50,
        letter: 'Марина, это моя сказка! Посмотрите лиса в портфолио, фуражку дорисую за вечер.',
      },
      {
        by: 'anna',
        price: 105_000,
        days: 55,
        letter: 'Могу предложить графичное решение: ограниченная палитра, три краски.',
      },
    ],
    talk: [
      ['freelancer', 'Вот лис. Уши можно подрезать под фуражку.', 'fox'],
      ['client', 'Какой серьёзный! Покажу автору.'],
    ],
  },
  {
    client: 'marina',
    title: 'Обложка сборника «Сто вопросов о космосе»',
    description: 'Обложка и корешок, 220 × 280 мм. Ночное небо, дети у телескопа. Без стоковых картинок.',
    category: 'illustration',
    tags: ['обложка', 'космос'],
    skills: ['vector-graphics'],
    styles: ['hand-drawn'],
    budget: [20_000, 35_000],
    inDays: 20,
    fate: 'split',
    responses: [
      { by: 'pavel', price: 30_000, days: 14, letter: 'Люблю ночное небо. Два варианта композиции за неделю.' },
    ],
    talk: [['freelancer', 'Первый вариант фона, детей добавлю дальше.', 'hills']],
    dispute: {
      subject: 'Обложка готова наполовину, срок типографии прошёл',
      text: 'Фон красивый, но детей и корешка нет, а книга ушла в печать с другой обложкой.',
      answer: 'Изучила переписку и файлы: фон сдан, остальное нет.',
    },
    ruling: { freelancer: 12_000, reason: 'Фон выполнен и может быть использован, остальные части не сданы.' },
  },
  {
    client: 'marina',
    title: 'Аннотации к пяти детским книгам',
    description: 'По 600 знаков на книгу для задней обложки и карточек в магазинах. Книги пришлю в PDF.',
    category: 'copywriting',
    tags: ['книги', 'аннотации'],
    skills: ['selling-texts'],
    budget: [6_000, 10_000],
    inDays: 12,
    fate: 'published',
    invited: 'daria',
  },
  {
    client: 'marina',
    title: 'Корректура повести, 5 авторских листов',
    description:
      'Детская повесть, 200 тысяч знаков. Корректура и лёгкая редактура диалогов, правки в режиме рецензирования.',
    category: 'editing',
    tags: ['корректура'],
    skills: ['proofreading'],
    budget: [15_000, 22_000],
    inDays: 25,
    fate: 'completed',
    responses: [
      {
        by: 'daria',
        price: 20_000,
        days: 12,
        letter: 'Сделаю в два прохода, спорные места вынесу в отдельный список.',
      },
    ],
    talk: [
      ['client', 'Имена героев не трогайте, даже странные.'],
      ['freelancer', 'Договорились, Пупырыш остаётся Пупырышем.'],
    ],
    delivery: 'Два прохода сделаны, 312 правок и список из девяти вопросов автору.',
    reviews: {
      byClient: { rating: 5, text: 'Бережно к автору и внимательно к запятым. Нашла даже перепутанную дату.' },
      byFreelancer: { rating: 5, text: 'Чудесная книга и ясная задача.' },
    },
  },
];

export const ORDERS: readonly DemoOrder[] = [...OLGA, ...IGOR, ...SHAPES, ...MARINA];
