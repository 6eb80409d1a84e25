/** Dashboards, reports and webhooks in a real browser. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN } from '#testing/system/world.ts';
import { enter, overflow, setStage, shotEverywhere, type Stage } from './browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await stage.world.drain();
  await history();
}, 240_000);
afterAll(() => stage?.close());

/** Figures of a month, as the collector would have left them. */
async function history(): Promise<void> {
  const client = new pg.Client({ connectionString: stage.world.adminUrl, options: '-c search_path=analytics' });
  await client.connect();
  await client.query(`
    insert into rollups (metric, bucket, dimension, category, value)
      select metric, date_trunc('hour', now()) - n * interval '1 day', dimension, category, 3 + ((n * 7 + length(metric)) % 11) * factor
      from generate_series(0, 40) n, (values
        ('orders_published', '', 'design', 1), ('orders_published', '', 'development', 1), ('responses', '', 'design', 2),
        ('gmv', 'RUB', '', 1500000), ('commission', 'RUB', '', 150000), ('topups', 'RUB', '', 2000000),
        ('top_skills', 'css', 'design', 1), ('top_skills', 'figma', 'design', 2)) as t (metric, dimension, category, factor);
    insert into level_sums (metric, grain, start, dimension, value)
      select 'orders_by_status', 'month', '2026-01-01', status, n from (values ('published', 14), ('in_progress', 9), ('completed', 31)) as t (status, n);
    insert into user_facts (user_id, registered_at) select gen_random_uuid(), now() - n * interval '9 days' from generate_series(1, 20) n;
    insert into activity (user_id, bucket)
      select user_id, date_trunc('hour', registered_at + m * interval '1 month') from user_facts, generate_series(0, 3) m
      where registered_at + m * interval '1 month' < now() and (m = 0 or (hashtext(user_id::text) + m) % 3 <> 0) on conflict do nothing;`);
  await client.end();
}

async function asAdmin() {
  const opened = await stage.open();
  await opened.page.goto(`${stage.url}/sign-in`);
  await enter(opened.page, ADMIN.email, ADMIN.password);
  await opened.page.waitForURL((at) => at.pathname === '/');
  return opened;
}

test('a dashboard draws what the data says, by period, step and category', async () => {
  const { page, context } = await asAdmin();
  await page.goto(`${stage.url}/admin`);
  await page.locator('.chart svg').first().waitFor();
  await page.locator('.kicker', { hasText: 'Оборот сделок' }).waitFor();
  await shotEverywhere(page, 'dashboard-overview');
  await page.getByLabel('Раздел').selectOption('orders');
  await page.locator('.kicker', { hasText: 'Востребованные навыки' }).waitFor();
  const published = page.locator('.panel', { hasText: 'Опубликовано заказов' }).locator('.balance');
  const all = Number(await published.textContent());
  expect(all).toBeGreaterThan(0);
  await page.getByLabel('Категория').selectOption('design');
  await expect.poll(async () => Number(await published.textContent()), { timeout: 20_000 }).toBeLessThan(all);
  await shotEverywhere(page, 'dashboard-orders');
  await page.setViewportSize({ width: 360, height: 740 });
  // The charts are drawn anew in the width that is left.
  await expect.poll(() => overflow(page)).toBe(0);
  await context.close();
});

test('a report is made with its progress, downloaded, and put on schedule', async () => {
  const { page, context } = await asAdmin();
  await page.goto(`${stage.url}/admin/reports`);
  await page.getByLabel('Формат').first().selectOption('csv');
  await page.getByRole('button', { name: 'Сделать отчёт' }).click();
  const button = page.getByRole('button', { name: /Скачать/ });
  await button.waitFor({ timeout: 30_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  expect(download.suggestedFilename()).toMatch(/^artel-finance-.*\.csv$/);
  await page.getByText('Новое расписание').click();
  const form = page.locator('details[open] form');
  await form.getByLabel('Название').fill('Финансы по понедельникам');
  await form.getByLabel('Кому').selectOption({ index: 1 });
  await form.getByRole('button', { name: 'Сохранить' }).click();
  await page.getByText('Финансы по понедельникам').waitFor();
  await page.getByText(/следующий/).waitFor();
  await shotEverywhere(page, 'reports');
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await context.close();
});

test('a webhook is registered, its secret shown once, its calls logged', async () => {
  const { page, context } = await asAdmin();
  await page.goto(`${stage.url}/settings/webhooks`);
  const add = page.locator('details', { hasText: 'Добавить вебхук' });
  await add.locator('summary').click();
  await add.getByLabel('Адрес (https)').fill('https://localhost/inside');
  await add.getByLabel('Заказ сменил статус').check();
  await add.getByRole('button', { name: 'Добавить вебхук' }).click();
  await page.getByText('По этому адресу вебхуки не отправляются').waitFor();
  await add.getByLabel('Адрес (https)').fill('https://hooks.invalid/artel');
  await add.getByRole('button', { name: 'Добавить вебхук' }).click();
  await page.locator('code.secret', { hasText: 'whsec_' }).waitFor();
  await page.getByRole('button', { name: 'Проверить' }).click();
  await page.getByText('Журнал вызовов').click();
  await page.locator('.lines li').first().waitFor();
  await shotEverywhere(page, 'webhooks');
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await page.reload();
  await page.getByText('https://hooks.invalid/artel').waitFor();
  expect(await page.getByText('whsec_').count()).toBe(0);
  await context.close();
});

test('nothing went wrong in the console', () => {
  // The refused address is an answer of 422, which browsers print.
  expect(stage.errors.filter((text) => !/422/.test(text))).toEqual([]);
});
