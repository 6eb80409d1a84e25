/** The web app in a real browser, on a whole platform: a client registers, signs in, drafts an order, sees it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN, codeIn, mailTo } from '#testing/system/world.ts';
import { enter, overflow, setStage, type Stage, shot } from './browser.ts';

const PASSWORD = 'длинная фраза для входа';
const EMAIL = 'browser-client@artel.test';
let stage: Stage;
let url: string;
let errors: string[];
let open: Stage['open'];

beforeAll(async () => {
  stage = await setStage();
  ({ url, errors, open } = stage);
}, 400_000);
afterAll(() => stage?.close());

test('a client registers, confirms, signs in, drafts an order and sees it', async () => {
  const { page, context } = await open();
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await shot(page, 'home-guest');
  await page.locator('header').getByRole('link', { name: 'Регистрация' }).click();
  await page.getByLabel('Имя').fill('Анна Заказчица');
  await page.getByLabel('Почта').fill(EMAIL);
  await page.getByLabel('Пароль').fill(PASSWORD);
  // What is agreed to can be read, beside the form, without an account.
  for (const [link, title] of [
    ['условия использования', 'Условия использования'],
    ['обработку персональных данных', 'Согласие на обработку персональных данных'],
    ['политике площадки', 'Политика обработки персональных данных'],
  ] as const) {
    const [text] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: link, exact: true }).click(),
    ]);
    await text.getByRole('heading', { level: 1, name: title }).waitFor();
    await text.getByText('Версия 2026-01.').waitFor();
    await shot(text, `legal-${title.slice(0, 8)}`);
    await text.close();
  }
  await page.locator('footer').getByRole('link', { name: 'Персональные данные' }).waitFor();
  await page.getByLabel('Принимаю условия').check();
  await page.getByLabel('Согласен на обработку').check();
  await shot(page, 'register');
  await page.getByRole('button', { name: 'Зарегистрироваться' }).click();
  await page.getByRole('heading', { name: 'Подтверждение почты' }).waitFor();
  const code = codeIn(await mailTo(stage.world, EMAIL));
  await page.getByLabel('Код из письма').fill(code);
  await page.getByRole('button', { name: 'Подтвердить' }).click();
  await page.waitForURL('**/sign-in**');
  await page.getByText('Почта подтверждена').waitFor();
  await enter(page, EMAIL, PASSWORD);
  await page.getByRole('button', { name: 'Выйти' }).waitFor();

  await page.getByRole('link', { name: 'Новый заказ' }).first().click();
  await page.getByLabel('Название').fill('Логотип для пекарни «Калач»');
  await page.getByLabel('Рубрика').selectOption({ index: 1 });
  await page
    .getByLabel('Описание')
    .fill('Нужен тёплый знак для семейной пекарни: хлеб, печь, утро. Три варианта на выбор.');
  await page.getByLabel('Бюджет от').fill('5 000');
  await page.getByLabel('Бюджет до').fill('15 000,50');
  await page.getByLabel('Метки').fill('хлеб, вывеска');
  await shot(page, 'order-new');
  await page.getByRole('button', { name: 'Создать черновик' }).click();
  await page.getByRole('heading', { name: 'Логотип для пекарни «Калач»' }).waitFor();
  expect(await page.locator('.order-sum').textContent()).toMatch(/5\s000\s–\s15\s000,50\s₽/);
  await page.locator('main').getByText('Черновик', { exact: true }).waitFor();
  await shot(page, 'order-draft');

  // The session outlives the page: the refresh token is in a cookie that scripts don't see.
  await page.reload();
  await page.getByRole('heading', { name: 'Логотип для пекарни «Калач»' }).waitFor();
  expect(await page.evaluate(() => document.cookie)).not.toContain('artel_refresh');

  // Without money the publication is refused, in words.
  await page.getByRole('button', { name: 'Опубликовать' }).click();
  await page.getByText('Недостаточно средств').waitFor();
  await shot(page, 'order-refused');
  await page.getByRole('link', { name: 'Мои дела' }).click();
  await page.getByRole('heading', { name: 'Логотип для пекарни «Калач»' }).waitFor();

  // What was agreed to stays to be read, in the very version.
  await page.goto(`${url}/settings/data`);
  await page.getByText('версия 2026-01').first().waitFor();
  await page.locator('main').getByRole('link', { name: 'Согласие на обработку персональных данных' }).click();
  await page.waitForURL('**/legal/consent?version=2026-01');
  await page.getByRole('heading', { level: 1, name: 'Согласие на обработку персональных данных' }).waitFor();
  await context.close();
});

test('the language can be switched and stays', async () => {
  const { page, context } = await open();
  await page.goto(url);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Good work begins with trust' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  await page.reload();
  await page.getByRole('heading', { name: 'Good work begins with trust' }).waitFor();
  await shot(page, 'home-en');
  await page.getByRole('button', { name: 'Русский' }).click();
  await page.getByRole('heading', { name: 'Хорошая работа начинается с доверия' }).waitFor();
  await context.close();
});

test('a refusal is said in words, and an unknown address has a page', async () => {
  const { page, context } = await open();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Почта').fill('nobody@artel.test');
  await page.getByLabel('Пароль').fill('certainly wrong');
  const before = errors.length;
  await page.locator('main').getByRole('button', { name: 'Войти', exact: true }).click();
  await page.getByRole('alert').getByText('Неверная почта или пароль').waitFor();
  // The browser itself notes the refused request.
  expect(errors.splice(before).filter((error) => !error.includes('401'))).toEqual([]);
  await page.goto(`${url}/no/such/page`);
  await page.getByRole('heading', { name: 'Такой страницы нет' }).waitFor();
  await context.close();
});

const OWN = [
  '/',
  '/freelancers',
  '/my',
  '/orders/new',
  '/money',
  '/conversations',
  '/notifications',
  '/tickets',
  '/profile',
  '/settings/security',
  '/settings/notifications',
  '/books',
];
const DESK = [
  '/support',
  '/admin',
  '/admin/reports',
  '/admin/users',
  '/admin/settings',
  '/admin/escalations',
  '/admin/audit',
];

test.each([
  { who: 'the client', email: EMAIL, password: PASSWORD, pages: OWN, scheme: 'light' as const },
  { who: 'the admin', email: ADMIN.email, password: ADMIN.password, pages: DESK, scheme: 'dark' as const },
])('every page of $who fits 360 px and shows no problem', async ({ email, password, pages, scheme }) => {
  const { page, context } = await open({ viewport: { width: 360, height: 740 }, colorScheme: scheme });
  await page.goto(`${url}/sign-in`);
  expect(await overflow(page)).toBe(0);
  await page.getByLabel('Почта').fill(email);
  await page.getByLabel('Пароль').fill(password);
  await page.locator('main').getByRole('button', { name: 'Войти', exact: true }).click();
  await page.waitForURL((at) => at.pathname === '/');
  for (const path of pages) {
    await page.goto(`${url}${path}`);
    await page.locator('main h1').first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.getByRole('alert').allTextContents(), path).toEqual([]);
    expect(await overflow(page), path).toBe(0);
    await shot(page, `phone-${scheme}${path.replaceAll('/', '-')}`);
  }
  await page.getByRole('button', { name: 'Меню' }).click();
  await page.getByRole('button', { name: 'Выйти' }).waitFor();
  await shot(page, `phone-${scheme}-menu`);
  await context.close();
});

test('dark mode is dark and its text can be read', async () => {
  const { page, context } = await open({ colorScheme: 'dark' });
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await shot(page, 'home-dark');
  const contrast = await page.evaluate(() => {
    const light = (color: string) => {
      const [r = 0, g = 0, b = 0] = (color.match(/\d+(\.\d+)?/g) ?? []).map((part) => {
        const value = Number(part) / 255;
        return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const body = getComputedStyle(document.body);
    const [ink, ground] = [light(body.color), light(body.backgroundColor)];
    return { ground, ratio: (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) };
  });
  expect(contrast.ground).toBeLessThan(0.05);
  expect(contrast.ratio).toBeGreaterThan(7);
  await context.close();
});

test('nothing went wrong in the console', () => {
  expect(errors).toEqual([]);
});
