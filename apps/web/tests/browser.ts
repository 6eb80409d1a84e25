/** A Chromium beside a whole platform, for the browser tests. */
import { mkdirSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Api } from '#testing/system/api.ts';
import { apart } from '#testing/system/apart.ts';
import { PASSWORD } from '#testing/system/deal.ts';
import { allInOne, type World } from '#testing/system/world.ts';
import { buildWebApp } from '../build.ts';

/** Pictures for people who want to look; nowhere without the variable. */
const SHOTS = process.env['WEB_SHOTS'];

/** The same pages before two replicas of everything: `TEST_WORLD=apart`. */
const APART = process.env['TEST_WORLD'] === 'apart';

export interface Stage {
  readonly world: World;
  readonly url: string;
  /** What browsers complained of, with the address of the page. */
  readonly errors: string[];
  /** A browser of its own, as a new visitor. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; context: BrowserContext }>;
  /** A browser in which somebody is signed in. */
  as(person: Api, options?: BrowserContextOptions): Promise<{ page: Page; context: BrowserContext }>;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  await buildWebApp();
  const world = await (APART ? apart({ replicas: 2, publicHost: 'localhost' }) : allInOne({ publicHost: 'localhost' }));
  const { url } = world;
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
  const errors: string[] = [];
  const open: Stage['open'] = async (options) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'ru-RU', ...options });
    const page = await context.newPage();
    // Patience for a machine that is busy with more than this.
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.stack ?? error.message}`));
    return { page, context };
  };
  return {
    world,
    url,
    errors,
    open,
    async as(person, options) {
      const opened = await open(options);
      await opened.page.goto(`${url}/sign-in`);
      await enter(opened.page, person.email, PASSWORD);
      await opened.page.waitForURL((at) => at.pathname === '/');
      return opened;
    },
    async close() {
      await browser.close();
      await world.close();
    },
  };
}

/** Fills in the sign-in page, in Russian. */
export async function enter(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Почта').fill(email);
  await page.getByLabel('Пароль').fill(password);
  await page.locator('main').getByRole('button', { name: 'Войти', exact: true }).click();
}

export async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** How far the page can be scrolled sideways, in pixels. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The page on a phone, in the dark, in both languages: what anybody should be able to use. */
export async function shotEverywhere(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  await shot(page, `${name}-wide`);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, `${name}-phone-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await shot(page, `${name}-phone`);
  await page.setViewportSize({ width: 1280, height: 900 });
}
