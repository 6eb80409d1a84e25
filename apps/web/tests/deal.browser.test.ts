/** Deals in a real browser: an offer in parts, counter-offers both ways, milestones with their money, changes by consent. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Api } from '#testing/system/api.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB, topUp } from '#testing/system/deal.ts';
import { overflow, setStage, shotEverywhere, type Stage } from './browser.ts';

// Two people take turns in each of them.
vi.setConfig({ testTimeout: 300_000 });

let stage: Stage;
let client: Api;
let master: Api;

beforeAll(async () => {
  stage = await setStage();
  client = new Api(stage.world);
  master = new Api(stage.world);
  await registerAndConfirm(client, { name: 'Анна Заказчица', roles: ['client'], locale: 'ru' });
  await registerAndConfirm(master, { name: 'Вера Мастерова', roles: ['freelancer'], locale: 'ru' });
  await topUp(client, 90_000);
}, 400_000);
afterAll(() => stage?.close());

async function published(more: object = {}): Promise<string> {
  const { orderId } = (await client.post('/orders', { ...DRAFT, ...more })).body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  return orderId;
}

const held = async () => (await client.get('/me/accounts')).body.items[0].escrow.amount as string;
/** Presses a button of a region and waits until the words that follow are there. */
async function step(page: Page, button: string, then: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.locator('main').getByText(then).first().waitFor();
}

test('an offer in parts under an NDA, a counter-offer each way, milestones paid one by one (O2, O4, P3)', async () => {
  const orderId = await published({ nda: true, urgent: true });
  const [his, hers] = [await stage.as(client), await stage.as(master)];
  for (const { page } of [his, hers]) page.on('dialog', (dialog) => void dialog.accept());
  const at = `${stage.url}/orders/${orderId}`;

  // The freelancer reads the details only after the consent; then offers two parts with a file.
  await hers.page.goto(at);
  await hers.page.getByText('Детали заказа под NDA').waitFor();
  expect(await hers.page.getByText(DRAFT.description).count()).toBe(0);
  await shotEverywhere(hers.page, 'nda');
  await step(hers.page, 'Обещаю не разглашать — показать детали', DRAFT.description);
  for (const [button, number] of [
    ['Разбить на этапы', 1],
    ['Добавить этап', 2],
  ] as const) {
    await hers.page.getByRole('button', { name: button }).click();
    const part = hers.page.getByRole('group', { name: `Этап ${number}` });
    await part.getByLabel('Что входит в этап').fill(number === 1 ? 'Эскизы' : 'Чистовой знак');
    await part.getByLabel('Цена, RUB').fill(number === 1 ? '4 000' : '6 000');
    await part.getByLabel('Срок, дней').fill('5');
  }
  await hers.page.getByLabel('Письмо заказчику').fill('Сделаю в два шага: сначала эскизы.');
  await hers.page.getByText(/10\s000\s₽ − комиссия 1\s000\s₽ = вам 9\s000\s₽/).waitFor();
  await hers.page.getByLabel('Файлы').setInputFiles({
    name: 'примеры.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('примеры работ'),
  });
  await shotEverywhere(hers.page, 'offer');
  await step(hers.page, 'Отправить отклик', 'Ваш отклик');
  await hers.page.getByText('примеры.txt').waitFor();

  // Counter-offer of the client, answer of the freelancer, who keeps the parts.
  await his.page.goto(at);
  await his.page.getByRole('button', { name: 'Открыть отклик: Вера Мастерова' }).click();
  await his.page.getByText('Сделаю в два шага: сначала эскизы.').waitFor();
  await his.page.getByText('Предложить свою цену').click();
  await his.page.getByLabel('Цена, RUB').fill('8 000');
  await his.page.getByLabel('Комментарий').fill('Чуть дешевле?');
  await step(his.page, 'Отправить встречное предложение', 'Встречное предложение заказчика: 8');
  await shotEverywhere(his.page, 'responses');
  await hers.page.reload();
  await hers.page.getByRole('button', { name: /^Согласиться на 8\s000/ }).waitFor();
  await hers.page.getByText('Ответить своими условиями').click();
  await hers.page.getByRole('group', { name: 'Этап 2' }).getByLabel('Цена, RUB').fill('5 000');
  await shotEverywhere(hers.page, 'counter-offer');
  await hers.page.getByRole('button', { name: 'Сохранить' }).click();
  await hers.page
    .getByText(/9\s000\s₽/)
    .first()
    .waitFor();

  // Only the first part is held at the start; each is delivered, accepted and paid on its own.
  await his.page.reload();
  await his.page.getByText('В избранное').click();
  await his.page.getByText('В избранном').waitFor();
  await his.page.getByRole('button', { name: 'Выбрать' }).click();
  await his.page.getByRole('article', { name: 'Эскизы' }).getByText('В работе').waitFor();
  expect(await held()).toBe(RUB(4_000).amount);
  await hers.page.reload();
  const sketches = hers.page.getByRole('article', { name: 'Эскизы' });
  await sketches.getByText('Сдать этап').first().click();
  await sketches.getByLabel('Что сделано').fill('Три эскиза готовы.');
  await sketches.getByRole('button', { name: 'Сдать этап' }).click();
  await sketches.getByText('На приёмке').waitFor();
  await his.page.reload();
  const first = his.page.getByRole('article', { name: 'Эскизы' });
  await first.getByText('Три эскиза готовы.').waitFor();
  // What it does to the money is said before it is confirmed.
  await first.getByText(/исполнитель получит 3\s600,00\s₽/).waitFor();
  await shotEverywhere(his.page, 'milestones');
  await first.getByText('Принять этап').first().click();
  await first.getByRole('button', { name: 'Принять этап' }).click();
  await first.getByText('Принят', { exact: true }).waitFor();
  const second = his.page.getByRole('article', { name: 'Чистовой знак' });
  await second.getByRole('button', { name: 'Оплатить этап' }).click();
  await second.getByText('В работе').waitFor();
  expect(await held()).toBe(RUB(5_000).amount);

  // Changes of the deal: one proposes, the other decides.
  await hers.page.reload();
  await hers.page.getByText('Предложить изменение').click();
  await hers.page.getByLabel('Что изменить').selectOption('scope');
  await hers.page.getByLabel('Что добавить или изменить').fill('Ещё и вывеска для входа.');
  await hers.page.getByLabel('Доплата, RUB').fill('1 500');
  const changes = hers.page.locator('section', { has: hers.page.getByRole('heading', { name: 'Изменения условий' }) });
  await changes.getByLabel('Причина').fill('Вы попросили вывеску');
  await step(hers.page, 'Отправить предложение', 'Ждёт решения другой стороны');
  await his.page.reload();
  await his.page.getByText('Ещё и вывеска для входа.').waitFor();
  await shotEverywhere(his.page, 'proposal');
  await step(his.page, 'Согласиться', 'Согласовано');
  expect(await held()).toBe(RUB(6_500).amount);
  await his.page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(his.page)).toBe(0);
  await his.context.close();
  await hers.context.close();
});

test('a client invites to an invited-only order and sees what becomes of it; who is invited finds it and may decline (O4)', async () => {
  const { headers } = await master.get('/me/profile');
  const edit = { skills: [{ key: 'logo', level: 'expert' }], headline: 'Знаки и вывески', visibility: 'public' };
  await master.patch('/me/profile', edit, { ifMatch: headers.get('etag') ?? '' });
  await master.until('/freelancers?skill=logo', (found) => found.items.length > 0);
  const orderId = await published({ access: 'invited', title: 'Вывеска для пекарни' });
  const { page, context } = await stage.as(client);
  await page.goto(`${stage.url}/orders/${orderId}`);
  await page.getByRole('link', { name: 'Найти и пригласить' }).click();
  await page.getByText('Приглашаем в заказ «Вывеска для пекарни».').waitFor();
  await step(page, 'Пригласить: Вера Мастерова', 'Приглашение отправлено: Вера Мастерова');
  const hers = await stage.as(master);
  await hers.page.goto(`${stage.url}/my?tab=invitations`);
  await hers.page.getByText('Вывеска для пекарни').waitFor();
  await shotEverywhere(hers.page, 'invitations');
  await hers.page.getByRole('link', { name: 'Посмотреть и ответить' }).click();
  await hers.page.getByRole('heading', { name: 'Откликнуться' }).waitFor();
  // That she looked is seen by the client; then she declines, told beforehand what follows.
  const at = `${stage.url}/orders/${orderId}`;
  await client.until(`/orders/${orderId}/invitations`, (body) => body.items[0]?.state === 'seen');
  await page.goto(at);
  await page.getByText('просмотрено').waitFor();
  await hers.page.getByText('Отказаться').first().click();
  await hers.page.getByText('На рейтинг отказ не влияет').waitFor();
  await hers.page.getByLabel('Почему не возьмётесь').fill('Занята до конца месяца');
  await shotEverywhere(hers.page, 'invitation');
  await step(hers.page, 'Отказаться', 'Вы отказались');
  await hers.page.goto(`${stage.url}/my?tab=invitations`);
  await hers.page.getByText('Занята до конца месяца').waitFor();
  await shotEverywhere(hers.page, 'invitations-declined');
  await hers.context.close();
  // The client sees why, and takes back what another one has not answered.
  const other = new Api(stage.world);
  await registerAndConfirm(other, { name: 'Инна Запасная', roles: ['freelancer'], locale: 'ru' });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  await client.post(`/orders/${orderId}/invitations`, { freelancerId: other.userId });
  await page.goto(at);
  await page.getByText('Занята до конца месяца').waitFor();
  await shotEverywhere(page, 'invited');
  await step(page, 'Отозвать приглашение: Инна Запасная', 'отозвано');
  expect((await other.get('/me/invitations')).body.items[0].state).toBe('withdrawn');
  expect(await overflow(page)).toBe(0);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('taken back').first().waitFor();
  await shotEverywhere(page, 'invited-en');
  await context.close();
});

test('an hourly deal: time entries, a week that is contested, corrected and paid (O2, P3)', async () => {
  const { page, context } = await stage.as(client);
  const hers = await stage.as(master);
  for (const one of [page, hers.page]) one.on('dialog', (dialog) => void dialog.accept());
  // Drafted on the screen: an hour's price and the week's cap.
  await page.goto(`${stage.url}/orders/new`);
  await page.getByLabel('Название').fill('Вёрстка по часам');
  await page.getByLabel('Рубрика').selectOption({ index: 1 });
  await page.getByLabel('Описание').fill('Поддержка сайта пекарни: правки, новые страницы.');
  await page.getByLabel('Как платить').selectOption('hourly');
  await page.getByLabel('Часов в неделю, не больше').fill('10');
  await page.getByLabel('Ставка в час до').fill('2 000');
  await step(page, 'Создать черновик', 'не больше 10 часов в неделю');
  const orderId = page.url().split('/').pop() ?? '';
  await page.getByRole('button', { name: 'Опубликовать' }).click();
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');

  await hers.page.goto(`${stage.url}/orders/${orderId}`);
  await hers.page.getByLabel('Ставка в час, RUB').fill('1 500');
  await hers.page.getByLabel('Срок, дней').fill('30');
  await hers.page.getByLabel('Письмо заказчику').fill('Работаю каждый день.');
  await step(hers.page, 'Отправить отклик', 'заказчик ещё не открывал');
  await page.reload();
  await page.getByRole('button', { name: 'Открыть отклик: Вера Мастерова' }).click();
  await page.getByText('Работаю каждый день.').waitFor();
  await page.getByRole('button', { name: 'Выбрать' }).click();
  const his = page.getByRole('article', { name: /^Неделя 1/ });
  await his.getByText('Идёт').waitFor();

  // The freelancer logs time; more than the cap is refused in words.
  const before = stage.errors.length;
  await hers.page.reload();
  const week = hers.page.getByRole('article', { name: /^Неделя 1/ });
  await week.getByText('Записать время').first().click();
  const log = async (hours: string, note: string) => {
    await week.getByLabel('Часов').fill(hours);
    await week.getByLabel('Что сделано').fill(note);
    await week.getByRole('button', { name: 'Записать время' }).click();
  };
  await log('11', 'Слишком много за неделю');
  await week.getByRole('alert').getByText('Больше часов, чем разрешено в неделю').waitFor();
  expect(stage.errors.splice(before).filter((error) => !error.includes('409'))).toEqual([]);
  await log('6', 'Страница контактов');
  await week.getByText('Страница контактов').waitFor();
  await shotEverywhere(hers.page, 'hours-log');

  // The week ends; the client objects, the freelancer corrects, the client approves: what was worked is paid.
  const jumped = stage.errors.length;
  await stage.world.advance(8 * 86_400_000);
  await client.signIn(client.email, PASSWORD);
  await client.until(`/orders/${orderId}`, (order) =>
    order.weeks.some((one: { number: number; status: string }) => one.number === 1 && one.status === 'submitted'),
  );
  await page.reload();
  await his.getByText('Возразить').first().click();
  await his.getByRole('checkbox', { name: /Страница контактов/ }).check();
  await his.getByLabel('Причина').fill('Договаривались на четыре часа');
  await shotEverywhere(page, 'hours-contest');
  await his.getByRole('button', { name: 'Возразить' }).click();
  await his.getByText('Есть возражения').waitFor();
  await hers.page.reload();
  await week.getByRole('button', { name: /^Изменить: / }).click();
  await week.getByLabel('Часов').fill('4');
  await week.getByRole('button', { name: 'Сохранить' }).click();
  await week.getByText('4 ч', { exact: true }).waitFor();
  await week.getByText('Отправить снова').first().click();
  await week.getByLabel('Что исправлено').fill('Исправила на четыре часа');
  await week.getByRole('button', { name: 'Отправить снова' }).click();
  await week.getByText('На проверке').waitFor();
  await page.reload();
  await his.getByText('Принять часы').first().click();
  await his.getByRole('button', { name: 'Принять часы' }).click();
  await his.getByText('Оплачена', { exact: true }).waitFor();
  // 4 hours at 1 500 ₽ less the commission of a tenth.
  await his
    .getByText(/5\s400\s₽/)
    .first()
    .waitFor();
  await shotEverywhere(page, 'hours-paid');
  // The clock's jump ended both access tokens; the pages fetched new ones.
  expect(stage.errors.splice(jumped).filter((error) => !error.includes('401'))).toEqual([]);
  await context.close();
  await hers.context.close();
});

test('nothing went wrong in the console', () => {
  expect(stage.errors).toEqual([]);
});
