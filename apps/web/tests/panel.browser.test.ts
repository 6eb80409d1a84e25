/** Settings as forms and backups, in the administration of a whole platform. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '#testing/system/api.ts';
import { keeperOf } from '#testing/system/keeper.ts';
import { ADMIN } from '#testing/system/world.ts';
import { enter, overflow, setStage, shotEverywhere, type Stage } from './browser.ts';

let stage: Stage;
let page: Page;
let admin: Api;
beforeAll(async () => {
  stage = await setStage();
  await stage.world.drain();
  admin = new Api(stage.world);
  await admin.signIn(ADMIN.email, ADMIN.password);
  ({ page } = await stage.open());
  await page.goto(`${stage.url}/sign-in`);
  await enter(page, ADMIN.email, ADMIN.password);
  await page.waitForURL((at) => at.pathname === '/');
}, 240_000);
afterAll(() => stage?.close());

const card = (title: string) => page.locator('li.card', { hasText: title });
const inForce = async (key: string) => (await admin.get(`/admin/settings/${key}`)).body.inForce.value;

/** Opens the form of a setting, fills it in, sends it, and waits until the page shows the next version. */
async function change(title: string, fill: (form: ReturnType<typeof card>) => Promise<void>): Promise<void> {
  const one = card(title);
  await one.locator('summary', { hasText: 'Изменить' }).click();
  await fill(one);
  await one.getByLabel('Причина').fill(`меняем: ${title}`);
  await one.getByRole('button', { name: 'Изменить' }).click();
  await one.getByText(`меняем: ${title}`).first().waitFor();
}

test('settings are changed in fields made from their shape: shares, sums, tables, lists, days, switches (D3)', async () => {
  await page.goto(`${stage.url}/admin/settings`);
  await change('Комиссия', async (form) => {
    await form.getByLabel('Доля от цены, %').fill('7,5');
    await form.getByLabel('Не меньше, RUB').fill('150,50');
    await form.getByLabel('По рубрикам').fill('logo-design 5\ndevelopment: 12.25 %');
  });
  expect(await inForce('payments.commission')).toMatchObject({
    bps: 750,
    min: { amount: '15050', currency: 'RUB' },
    byCategory: { 'logo-design': 500, development: 1225 },
  });
  await card('Комиссия').getByText('development 12.25 %; logo-design 5 %').waitFor();

  await change('Сроки поддержки', async (form) => {
    await form.getByLabel('Первый ответ, часов').fill('4');
    await form.getByLabel('Считать только рабочие часы').check();
    await form.getByLabel('Часовой пояс').fill('Europe/Samara');
    await form.getByLabel('Сб', { exact: true }).check();
    await form.getByLabel('Начало дня').fill('09:30');
    await form.getByLabel('Конец дня').fill('18:00');
    await form.getByLabel('Выходные даты').fill('2027-01-01\n2027-01-02');
  });
  expect(await inForce('support.deadlines')).toMatchObject({
    firstAnswerHours: 4,
    calendar: {
      timeZone: 'Europe/Samara',
      days: [1, 2, 3, 4, 5, 6],
      from: '09:30',
      to: '18:00',
      holidays: ['2027-01-01', '2027-01-02'],
    },
  });

  await change('Сроки заказа', async (form) => {
    await form.getByLabel('Напомнить о приёмке, дней заранее').fill('5, 2');
  });
  expect((await inForce('orders.timers')).reviewReminderDays).toEqual([5, 2]);
  await change('Решения, для которых нужен второй администратор', (form) => form.getByLabel('Бессрочная').check());
  expect(await inForce('admin.second-person')).toMatchObject({ permanentBlock: true, erasure: false });

  await change('Ограничения заказов', async (form) => {
    await form.getByLabel('В виде JSON').check();
    await form.getByLabel('Значение').fill('{"revisions": 4, "liveResponsesPerFreelancer": 60}');
  });
  expect(await inForce('orders.limits')).toEqual({ revisions: 4, liveResponsesPerFreelancer: 60 });
  await shotEverywhere(page, 'settings');
});

test('what a field can not hold is refused in words, and changes nothing (D3)', async () => {
  const before = stage.errors.length;
  const one = card('Сбор с заказчика');
  await one.locator('summary', { hasText: 'Изменить' }).click();
  await one.getByLabel('Доля от цены, %').fill('90');
  await one.getByLabel('Причина').fill('слишком много');
  await one.getByRole('button', { name: 'Изменить' }).click();
  await one.getByRole('alert').getByText('Недопустимое значение').waitFor();
  await shotEverywhere(page, 'settings-refused');
  // The browser itself notes the refused request.
  expect(stage.errors.splice(before).filter((error) => !error.includes('400'))).toEqual([]);
  expect((await inForce('payments.client-fee')).bps).toBe(0);
});

test('a template shows its versions, what each changed, and the way back to any of them (D3)', async () => {
  const { items } = (await admin.get('/admin/templates')).body;
  const one = items.find(
    (each: { key: string; locale: string }) => each.key === 'topup_failed' && each.locale === 'ru',
  );
  const { subject, html, text, version } = one;
  const edited = `Ой: ${subject}`;
  const edit = { subject: edited, html, text, reason: 'живее' };
  await admin.put('/admin/templates/topup_failed/ru', edit, { ifMatch: `"${version}"` });
  await page.goto(`${stage.url}/admin/templates?template=topup_failed%2Fru`);
  const inEditor = async (value: string) =>
    await expect.poll(() => page.getByLabel('Тема').inputValue(), { timeout: 10_000 }).toBe(value);
  const row = (reason: string) => page.locator('.history li', { hasText: reason });
  const open = () => page.locator('summary', { hasText: 'История' }).click();
  const putBack = async (reason: string, title: string) => {
    await row(reason).locator('summary', { hasText: title }).click();
    await row(reason).getByLabel('Причина').fill(`возвращаем: ${reason}`);
    await row(reason).getByRole('button', { name: title }).click();
  };
  await inEditor(edited);
  // The preview follows what is typed, and says what it can not show.
  const before = stage.errors.length;
  await page.getByLabel('Тема').fill('Печатаем {{name}}');
  await page.getByRole('heading', { name: 'Печатаем Анна Иванова' }).waitFor();
  await page.getByLabel('Тема').fill('Печатаем {{canary}}');
  await page.getByText('Пока показать нельзя: there is no variable canary').waitFor();
  await page.getByLabel('Тема').fill(edited);
  await page.getByRole('heading', { name: 'Ой: ' }).waitFor();
  await page.getByText('Пока показать нельзя').waitFor({ state: 'detached' });
  // The browser itself notes the refused request.
  expect(stage.errors.splice(before).filter((error) => !error.includes('400'))).toEqual([]);
  await open();
  await row('живее').locator('summary', { hasText: 'Что изменилось' }).click();
  await row('живее').locator('del', { hasText: subject }).waitFor();
  await row('живее').locator('ins', { hasText: edited }).waitFor();
  await shotEverywhere(page, 'template-history');
  await putBack('shipped', 'Вернуть исходный текст');
  await inEditor(subject);
  await open();
  await putBack('живее', 'Вернуть эту версию');
  await inEditor(edited);
});

test('a dictionary shows its versions and goes back to one of them (D3)', async () => {
  const styles = async () => (await admin.get('/dictionaries/styles')).body;
  const { version, items } = await styles();
  const [{ key, title }] = items;
  const edit = { title: { ru: 'Опечатка', en: 'Typo' }, reason: 'опечатка' };
  await admin.put(`/admin/dictionaries/styles/${key}`, edit, { ifMatch: `"${version}"` });
  await page.goto(`${stage.url}/admin/dictionaries?name=styles`);
  await page.locator('summary', { hasText: 'История' }).click();
  const row = (reason: string) => page.locator('.history li', { hasText: reason });
  await row('опечатка').locator('summary', { hasText: 'Что изменилось' }).click();
  await row('опечатка').locator('del', { hasText: title.ru }).waitFor();
  await row('опечатка').locator('ins', { hasText: 'Опечатка' }).waitFor();
  await row('shipped').locator('summary', { hasText: 'Вернуть эту версию' }).click();
  await row('shipped').getByLabel('Причина').fill('как было');
  await row('shipped').getByRole('button', { name: 'Вернуть эту версию' }).click();
  await row('как было').waitFor();
  expect((await styles()).items[0]).toMatchObject({ key, title });
});

test('a backup is made, verified and prepared for the next start from the panel, and taken back (F15)', async () => {
  const keeper = keeperOf(stage.world);
  try {
    await page.goto(`${stage.url}/admin/backups`);
    await page.getByText('Копий пока нет').waitFor();
    await page.getByRole('button', { name: 'Сделать копию' }).click();
    await page.getByRole('progressbar').waitFor();
    await keeper.work();
    await page.getByText('ещё не проверена').waitFor();
    const verify = page.getByRole('button', { name: 'Проверить' });
    const name = (await verify.getAttribute('aria-label'))?.replace('Проверить ', '') ?? '';
    await verify.click();
    await page.getByRole('progressbar').waitFor();
    await keeper.work();
    await page.getByText('пробно восстановлена, деньги сходятся').waitFor();
    await page.locator('summary', { hasText: 'Восстановить' }).click();
    await page.getByLabel('Для подтверждения введите').fill(name);
    await page.getByLabel('Причина').fill('проверка восстановления');
    await page.getByRole('button', { name: 'Подготовить восстановление' }).click();
    await page.getByRole('progressbar').waitFor();
    await keeper.work();
    await page.getByText(`При следующем запуске будет восстановлена копия ${name}`).waitFor();
    await shotEverywhere(page, 'backups');
    expect(await overflow(page)).toBe(0);
    await page.locator('summary', { hasText: 'Отменить восстановление' }).click();
    await page.getByLabel('Причина').first().fill('передумали');
    await page.getByRole('button', { name: 'Отменить восстановление' }).click();
    await page.getByRole('progressbar').waitFor();
    await keeper.work();
    await page.getByText('При следующем запуске будет').waitFor({ state: 'detached' });
  } finally {
    await keeper.close();
  }
});

test('nothing went wrong in the console', () => {
  expect(stage.errors).toEqual([]);
});
