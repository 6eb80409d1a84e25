/** The own account in a real browser: passkeys with a virtual authenticator, works put in order. */
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '#testing/system/api.ts';
import { PASSWORD, registerAndConfirm } from '#testing/system/deal.ts';
import { textChanged } from '#testing/system/walks/people.ts';
import { enter, overflow, setStage, shot, shotEverywhere, type Stage } from './browser.ts';

let stage: Stage;
let master: Api;

beforeAll(async () => {
  stage = await setStage();
  master = new Api(stage.world);
  await registerAndConfirm(master, { name: 'Вера Мастерова', roles: ['freelancer'], locale: 'ru' });
}, 400_000);
afterAll(() => stage?.close());

/** Chromium's own stand-in for a phone or a security key, its holder always willing. */
async function authenticator(context: BrowserContext, page: Page) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    willing: (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

async function leave(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Выйти' }).click();
  await page.locator('header').getByRole('link', { name: 'Регистрация' }).waitFor();
}

test('a passkey is added, renamed, is a whole sign-in and a second factor, and is removed (A2, A3)', async () => {
  const { page, context } = await stage.as(master);
  const key = await authenticator(context, page);
  await page.goto(`${stage.url}/settings/security`);
  await page.getByLabel('Название ключа').fill('Ноутбук');
  await page.getByRole('button', { name: 'Добавить ключ доступа' }).click();
  // The first factor brings the recovery codes.
  await page.getByText('Сохраните их').waitFor();
  await page.getByText('Ноутбук').waitFor();
  await page.getByRole('button', { name: 'Переименовать «Ноутбук»' }).click();
  await page.locator('li').getByLabel('Название ключа').fill('Рабочий ноутбук');
  await page.locator('li').getByRole('button', { name: 'Сохранить' }).click();
  await page.getByText('Рабочий ноутбук').waitFor();
  await shotEverywhere(page, 'passkeys');
  // A device makes one passkey for an account.
  await page.getByRole('button', { name: 'Добавить ключ доступа' }).click();
  await page.getByText('На этом устройстве уже есть ваш ключ').waitFor();

  await leave(page);
  await page.goto(`${stage.url}/sign-in`);
  await shotEverywhere(page, 'sign-in');
  await key.willing(false);
  await page.getByRole('button', { name: 'Войти с ключом доступа' }).click();
  await page.getByRole('alert').getByText('Ключ доступа не подтверждён').waitFor();
  await key.willing(true);
  await page.getByRole('button', { name: 'Войти с ключом доступа' }).click();
  await leave(page);

  await page.goto(`${stage.url}/sign-in`);
  await enter(page, master.email, PASSWORD);
  await page.getByRole('heading', { name: 'Подтвердите вход' }).waitFor();
  await shot(page, 'second-factor');
  await page.getByRole('button', { name: 'Подтвердить ключом доступа' }).click();
  await page.getByRole('button', { name: 'Выйти' }).waitFor();

  // A sensitive change later on: the passkey stands for a fresh sign-in too (A9).
  const before = stage.errors.length;
  await stage.world.advance(11 * 60_000);
  await page.goto(`${stage.url}/settings/security`);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Убрать «Рабочий ноутбук»' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Подтвердить ключом доступа' }).click();
  await page.getByText('Рабочий ноутбук').waitFor({ state: 'detached' });
  // The browser itself notes the refusal that asked for it, and those of the token that the clock's jump ended.
  expect(stage.errors.splice(before).filter((error) => !/403|401|Authentication failed/.test(error))).toEqual([]);
  await leave(page);
  await page.goto(`${stage.url}/sign-in`);
  await enter(page, master.email, PASSWORD);
  await page.getByRole('button', { name: 'Выйти' }).waitFor();
  await context.close();
});

const titlesOf = async (person: Api) =>
  (await person.get('/me/portfolio')).body.items.map((item: { title: string }) => item.title) as string[];

test('works are put in order by dragging and by the arrow keys; the first image is the cover (U4)', async () => {
  await master.signIn(master.email, PASSWORD);
  const picture = (background: string) =>
    sharp({ create: { width: 320, height: 240, channels: 3, background } })
      .png()
      .toBuffer();
  for (const [title, colour] of [
    ['Афиша', '#b5533c'],
    ['Вывеска', '#23564a'],
    ['Календарь', '#8a5a00'],
  ] as const) {
    const { itemId } = (await master.post('/me/portfolio', { title })).body;
    const image = { bytes: await picture(colour), contentType: 'image/png' };
    await master.post(`/me/portfolio/${itemId}/images`, undefined, image);
  }
  const { page, context } = await stage.as(master);
  await page.goto(`${stage.url}/profile`);
  const handle = (title: string) => page.getByRole('button', { name: new RegExp(`^Переставить: ${title}, `) });
  await handle('Афиша').scrollIntoViewIfNeeded();

  // By mouse: the last before the first.
  const saved = () => page.waitForResponse((answer) => answer.url().endsWith('/order') && answer.ok());
  await handle('Календарь').hover();
  const to = await handle('Афиша').boundingBox();
  await page.mouse.down();
  const dragged = saved();
  await page.mouse.move((to?.x ?? 0) - 40, (to?.y ?? 0) + 60, { steps: 8 });
  await page.mouse.up();
  await dragged;
  expect(await titlesOf(master)).toEqual(['Календарь', 'Афиша', 'Вывеска']);

  // By keyboard, with the focus kept and the place said.
  await handle('Календарь').focus();
  const stepped = saved();
  await page.keyboard.press('End');
  await stepped;
  await page.getByRole('status').getByText('Календарь: место 3 из 3').waitFor({ state: 'attached' });
  expect(await handle('Календарь').evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await titlesOf(master)).toEqual(['Афиша', 'Вывеска', 'Календарь']);

  const work = page.locator('.sort-item', { has: page.getByRole('heading', { name: 'Афиша' }) }).first();
  await work.getByText('Изменить').click();
  await work.locator('input[type=file]').setInputFiles({
    name: 'вторая.png',
    mimeType: 'image/png',
    buffer: await picture('#4b4a7a'),
  });
  await work.getByText('Сделать обложкой').waitFor();
  const before = await work.locator('.work > img').getAttribute('src');
  await shotEverywhere(page, 'portfolio');
  await work.getByRole('button', { name: 'Сделать обложкой' }).click();
  await expect.poll(() => work.locator('.work > img').getAttribute('src')).not.toBe(before);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await context.close();
});

test('who came as a client opens the other side of the account in the profile, and may work at once (R1, U2)', async () => {
  const client = new Api(stage.world);
  await registerAndConfirm(client, { name: 'Ольга Обоюдная', roles: ['client'], locale: 'ru' });
  const { page, context } = await stage.as(client);
  const before = stage.errors.length;
  await page.goto(`${stage.url}/profile`);
  await page.getByLabel('Мастер — ищу заказы').check();
  await page.getByRole('button', { name: 'Сохранить' }).click();
  await page.getByRole('heading', { name: 'Портфолио' }).waitFor();
  await expect.poll(async () => (await client.get('/me/rights')).body.roles.sort()).toEqual(['client', 'freelancer']);
  await expect.poll(async () => (await client.get('/me/profile')).body.kinds.sort()).toEqual(['client', 'freelancer']);
  // The browser itself notes the refusal of the token that did not know of it yet.
  expect(stage.errors.splice(before).filter((error) => !error.includes('401'))).toEqual([]);
  await context.close();
});

test('a text that has changed is asked about at the sign-in: read, put off, left, agreed to (A1)', async () => {
  const person = new Api(stage.world);
  await registerAndConfirm(person, { name: 'Тамара Условная', roles: ['client'], locale: 'ru' });
  await textChanged(person, 'terms');
  await textChanged(person, 'privacy');
  const { page, context } = await stage.as(person);
  const question = page.getByRole('heading', { name: 'Условия изменились', level: 1 });
  await question.waitFor();
  await shotEverywhere(page, 'agreements');
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await page.setViewportSize({ width: 1280, height: 900 });
  // The very texts, his money and his data are open to him; all else asks.
  const [text] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'условия использования', exact: true }).click(),
  ]);
  await text.getByRole('heading', { level: 1 }).waitFor();
  await text.close();
  for (const [link, heading] of [
    ['Вывести деньги', 'Деньги'],
    ['Забрать свои данные или удалить аккаунт', 'Ваши данные'],
  ] as const) {
    await page.getByRole('link', { name: link }).click();
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    await page.goto(`${stage.url}/my`);
    await question.waitFor();
  }
  // Put off until the next visit, with a word about it on every page.
  await page.getByRole('button', { name: 'Решить позже' }).click();
  await page.getByText('Условия площадки изменились.').waitFor();
  await shot(page, 'agreements-put-off');
  await page.reload();
  await question.waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'The terms have changed', level: 1 }).waitFor();
  await shotEverywhere(page, 'agreements-en');
  await page.getByRole('button', { name: 'Русский' }).click();
  // Nothing is ticked for him, and each is wanted.
  await page.getByRole('button', { name: 'Принять и продолжить' }).click();
  await question.waitFor();
  await page.getByLabel('условия использования').check();
  await page.getByLabel('обработку персональных данных').check();
  await page.getByRole('button', { name: 'Принять и продолжить' }).click();
  await question.waitFor({ state: 'detached' });
  expect(await page.getByText('Условия площадки изменились.').count()).toBe(0);
  await stage.world.drain();
  await person.refresh();
  const { items } = (await person.get('/me/consents')).body;
  expect(items.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['privacy', 'privacy', 'terms', 'terms']);
  await context.close();
});

test('nothing went wrong in the console', () => {
  expect(stage.errors).toEqual([]);
});
