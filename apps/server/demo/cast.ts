/** Who is in the demo data. Everybody is made up; the addresses can not be anybody's (RFC 2606). */
import type { Face, Picture } from './pictures.ts';

export interface Staff {
  readonly key: string;
  /** Label on the banner. */
  readonly who: string;
  readonly email: string;
  readonly displayName: string;
}

export interface Person extends Staff {
  readonly role: 'client' | 'freelancer';
  readonly city: string;
  readonly headline: string;
  readonly about: string;
  readonly face: Face;
  readonly skills: readonly (readonly [string, 'beginner' | 'intermediate' | 'expert'])[];
  readonly styles: readonly (readonly [string, 'beginner' | 'intermediate' | 'expert'])[];
  /** Rubles. */
  readonly hourlyRate?: number;
  /** Rubles that a client pays in. */
  readonly topUp?: number;
  readonly portfolio: readonly { title: string; description: string; tags: readonly string[]; picture: Picture }[];
}

export const ADMIN: Staff = {
  key: 'admin',
  who: 'admin',
  email: 'admin@artel.example',
  displayName: 'Администратор',
};
export const SUPPORT: Staff & { face: Face } = {
  key: 'elena',
  who: 'support',
  email: 'elena@artel.example',
  displayName: 'Елена Виноградова',
  face: { backdrop: '#7fb7a4', skin: '#f0c7a4', hair: '#6b3f2a', clothes: '#2f5d62', cut: 'bun' },
};

const CLIENTS: readonly Person[] = [
  {
    key: 'olga',
    who: 'client',
    email: 'olga@artel.example',
    displayName: 'Ольга Кравцова',
    role: 'client',
    city: 'Казань',
    headline: 'Кофейни «Зерно и пар»',
    about: 'Открываю третью кофейню в Казани. Люблю **понятные сроки** и живые эскизы, отвечаю быстро.',
    face: { backdrop: '#e0a458', skin: '#f3cfb3', hair: '#7a3e1d', clothes: '#5b3a29', cut: 'long' },
    skills: [],
    styles: [],
    topUp: 180_000,
    portfolio: [],
  },
  {
    key: 'igor',
    who: 'client',
    email: 'igor@artel.example',
    displayName: 'Игорь Белов',
    role: 'client',
    city: 'Екатеринбург',
    headline: 'Онлайн-школа «Ясно»',
    about: 'Делаем курсы по аналитике для взрослых. Работаем по ТЗ, платим в срок.',
    face: { backdrop: '#8aa4d6', skin: '#e9bd98', hair: '#3b2f2a', clothes: '#2e4374', cut: 'beard' },
    skills: [],
    styles: [],
    topUp: 240_000,
    portfolio: [],
  },
  {
    key: 'marina',
    who: 'client',
    email: 'marina@artel.example',
    displayName: 'Марина Соколова',
    role: 'client',
    city: 'Санкт-Петербург',
    headline: 'Детское издательство «Синяя сойка»',
    about: 'Издаём книги для детей 4–9 лет. Ищу художников и редакторов надолго.',
    face: { backdrop: '#b794c9', skin: '#f5d5bd', hair: '#c98b3c', clothes: '#59366f', cut: 'bun' },
    skills: [],
    styles: [],
    topUp: 120_000,
    portfolio: [],
  },
];

const FREELANCERS: readonly Person[] = [
  {
    key: 'anna',
    who: 'freelancer',
    email: 'anna@artel.example',
    displayName: 'Анна Левина',
    role: 'freelancer',
    city: 'Нижний Новгород',
    headline: 'Логотипы и фирменный стиль для небольших компаний',
    about:
      'Девять лет рисую знаки для кафе, мастерских и издательств.\n\n- три концепции, из них одна доводится\n- исходники в векторе\n- короткий гайд, которым *можно пользоваться*',
    face: { backdrop: '#f2a391', skin: '#f6d3b8', hair: '#2f2a33', clothes: '#b5533c', cut: 'long' },
    skills: [
      ['logo', 'expert'],
      ['branding', 'expert'],
      ['illustrator', 'expert'],
      ['figma', 'intermediate'],
    ],
    styles: [
      ['minimalism', 'expert'],
      ['geometric', 'intermediate'],
    ],
    hourlyRate: 2_200,
    portfolio: [
      {
        title: 'Знак кофейни «Пятый угол»',
        description: 'Чашка и зерно в одном круге: читается и на вывеске, и на крышке стакана.',
        tags: ['кофе', 'логотип'],
        picture: 'cup',
      },
      {
        title: 'Птица для книжного магазина',
        description: 'Фирменный знак и система закладок.',
        tags: ['книги', 'знак'],
        picture: 'bird',
      },
    ],
  },
  {
    key: 'timur',
    who: 'freelancer',
    email: 'timur@artel.example',
    displayName: 'Тимур Ахметов',
    role: 'freelancer',
    city: 'Уфа',
    headline: 'Фронтенд: быстрые сайты на React и без него',
    about: 'Верстаю и программирую с 2016 года. Доступность, скорость, понятный код. Пишу отчёт каждый день.',
    face: { backdrop: '#78c0e0', skin: '#d9a77d', hair: '#1f1b1a', clothes: '#22577a', cut: 'short' },
    skills: [
      ['html', 'expert'],
      ['css', 'expert'],
      ['typescript', 'expert'],
      ['react', 'intermediate'],
    ],
    styles: [
      ['flat', 'expert'],
      ['minimalism', 'expert'],
    ],
    hourlyRate: 2_800,
    portfolio: [
      {
        title: 'Страница курса',
        description: 'Лендинг: 98 из 100 в Lighthouse, вес 140 КБ.',
        tags: ['лендинг'],
        picture: 'landing',
      },
      {
        title: 'Панель показателей',
        description: 'Графики и таблицы для отдела продаж, React и TypeScript.',
        tags: ['интерфейс'],
        picture: 'dashboard',
      },
    ],
  },
  {
    key: 'daria',
    who: 'freelancer',
    email: 'daria@artel.example',
    displayName: 'Дарья Ким',
    role: 'freelancer',
    city: 'Владивосток',
    headline: 'Тексты, которые дочитывают: сайты, статьи, письма',
    about: 'Копирайтер и редактор. Бывший журналист деловой газеты: проверяю факты и **не лью воду**.',
    face: { backdrop: '#c9b6e4', skin: '#efc9a0', hair: '#141216', clothes: '#6a4c93', cut: 'long' },
    skills: [
      ['selling-texts', 'expert'],
      ['proofreading', 'expert'],
      ['seo-texts', 'intermediate'],
    ],
    styles: [],
    hourlyRate: 1_600,
    portfolio: [
      {
        title: 'Серия писем для школы языков',
        description: 'Семь писем: открываемость 41 %, отписки меньше процента.',
        tags: ['письма'],
        picture: 'letter',
      },
    ],
  },
  {
    key: 'pavel',
    who: 'freelancer',
    email: 'pavel@artel.example',
    displayName: 'Павел Орлов',
    role: 'freelancer',
    city: 'Томск',
    headline: 'Книжная иллюстрация и иконки',
    about: 'Рисую для детских книг и приложений. Акварель, гуашь, вектор.',
    face: { backdrop: '#9fc490', skin: '#f0c6a2', hair: '#a0522d', clothes: '#3f6b3a', cut: 'beard' },
    skills: [
      ['vector-graphics', 'expert'],
      ['photoshop', 'expert'],
      ['illustrator', 'intermediate'],
    ],
    styles: [
      ['hand-drawn', 'expert'],
      ['watercolor', 'intermediate'],
    ],
    hourlyRate: 1_900,
    portfolio: [
      {
        title: 'Дом на холме',
        description: 'Разворот к сказке о ночном почтальоне.',
        tags: ['сказка', 'разворот'],
        picture: 'hills',
      },
      { title: 'Лис', description: 'Персонаж для азбуки.', tags: ['персонаж'], picture: 'fox' },
    ],
  },
];

/** Those who register by themselves. */
export const PEOPLE: readonly Person[] = [...CLIENTS, ...FREELANCERS];
