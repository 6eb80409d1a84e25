/**
 * B6 in a real Chromium: hostile text in everything that people can write, hostile files under hostile names. Nothing of it
 * runs, neither for those it is meant for nor for the staff: no element of it comes to be, no link of it leads to a script.
 */
import { randomUUID } from 'node:crypto';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Api } from '#testing/system/api.ts';
import { joinSupport } from '#testing/system/deal-care.ts';
import { beginStory, DRAFT, registerAndConfirm, RUB, type Story, topUp } from '#testing/system/deal.ts';
import { ADMIN, mailTo } from '#testing/system/world.ts';
import { enter, setStage, type Stage } from './browser.ts';

vi.setConfig({ testTimeout: 400_000 });

/** Says where it ran. The quotes break out of an attribute, the braces are for templates, the link is for markdown. */
const hostile = (where: string) =>
  `"'><img data-hostile src=x onerror="pwned('${where}')"><script data-hostile>pwned('${where}')</script><svg data-hostile onload="pwned('${where}')"></svg><iframe data-hostile srcdoc="<script>parent.pwned('${where}')</script>"></iframe><a data-hostile href="javascript:pwned('${where}')">x</a>[link](javascript:pwned('${where}')) {{constructor.constructor("pwned('${where}')")()}}`;
const short = (where: string) => `<img data-hostile src=x onerror=pwned('${where}')>`;
const SVG = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" onload="top.pwned('svg')"><script>top.pwned('svg file')</script></svg>`,
);
const HTML = Buffer.from(`<!doctype html><script>(window.opener ?? top).pwned('html file')</script>`);
/** What hostile text looks like where it is shown as text. */
const SEEN = 'data-hostile';

let stage: Stage;
let story: Story;
let slug = '';
/** What ran, wherever. */
const ran: string[] = [];
/** Addresses on which hostile text was shown as text. */
const shownOn = new Set<string>();

async function writeEverywhere(): Promise<void> {
  const { client, freelancer } = story;
  const profile = await freelancer.get('/me/profile');
  await freelancer.patch(
    '/me/profile',
    {
      displayName: short('name'),
      headline: short('headline'),
      about: hostile('about'),
      city: short('city'),
      skills: [{ key: 'logo', level: 'expert' }],
      visibility: 'public',
      country: 'RU',
    },
    { ifMatch: profile.headers.get('etag') ?? '' },
  );
  ({ slug } = (await freelancer.get('/me/profile')).body);
  await freelancer.post('/me/portfolio', {
    title: short('work'),
    description: hostile('work text'),
    tags: [short('tag').slice(0, 30)],
  });
  await freelancer.post('/me/portfolio', { title: 'x', link: "javascript:pwned('link')" }, { expect: 400 });
  await client.post('/me/saved-searches', { name: short('search'), query: { q: short('q') }, frequency: 'daily' });

  const draft = { ...DRAFT, title: short('title'), description: hostile('order'), tags: [short('tag').slice(0, 30)] };
  const { orderId } = (await client.post('/orders', draft)).body;
  story.orderId = orderId;
  await attachTo(client, `/orders/${orderId}/attachments`);
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  const still = (await client.post('/orders', { ...draft, title: short('open') })).body.orderId;
  await client.post(`/orders/${still}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${still}`, (order) => order.status === 'published');
  const response = { price: RUB(10_000), days: 7, letter: hostile('letter') };
  const { responseId } = (await freelancer.post(`/orders/${orderId}/responses`, response)).body;
  const talks = await freelancer.until('/conversations', (body) => body.items.length > 0);
  story.conversationId = talks.items[0].conversationId;
  const talk = `/conversations/${story.conversationId}`;
  const attachmentIds = await attachTo(freelancer, `${talk}/attachments`);
  await freelancer.post(`${talk}/messages`, { messageId: randomUUID(), text: hostile('message'), attachmentIds });
  await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress');
  const delivered = await attachTo(freelancer, `/orders/${orderId}/attachments`);
  await freelancer.post(`/orders/${orderId}/deliveries`, { text: hostile('delivery'), attachmentIds: delivered });
  await client.post(`/orders/${orderId}/revisions`, { reason: hostile('revision') });
  await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Ещё раз' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed');
  const review = (await client.post(`/orders/${orderId}/reviews`, { rating: 1, text: hostile('review') })).body;
  story.reviewId = review.reviewId;
  await freelancer.post(`/orders/${orderId}/reviews`, { rating: 5, text: hostile('other review') });
  await freelancer.until(`/people/${freelancer.userId}/reviews`, (body) => body.items.length === 1);
  await freelancer.post(`/reviews/${story.reviewId}/answer`, { text: hostile('answer') });
}

/** A picture with a script, a page, and a name that is both markup and a path. */
async function attachTo(by: Api, path: string): Promise<string[]> {
  const names = [`${short('file name')}.svg`, `../${short('page name')}.html`, '"; filename="x.html'];
  const ids: string[] = [];
  for (const [index, name] of names.entries()) {
    const bytes = index === 0 ? SVG : HTML;
    const { body } = await by.post(`${path}?fileName=${encodeURIComponent(name)}`, undefined, { bytes });
    ids.push(body.attachmentId);
  }
  return ids;
}

/** Whatever runs in it calls the test; so would an alert. */
async function watch({ page, context }: { page: Page; context: BrowserContext }): Promise<Page> {
  await context.exposeFunction('pwned', (where: string) => ran.push(where));
  page.on('dialog', (dialog) => {
    ran.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return page;
}

async function look(page: Page, path: string): Promise<void> {
  await page.goto(`${stage.url}${path}`);
  await page.locator('main h1').first().waitFor();
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });
  await inspect(page, path);
}

async function inspect(page: Page, path: string): Promise<void> {
  const found = await page.evaluate(() => ({
    elements: [...document.querySelectorAll('[data-hostile], iframe:not([sandbox=""])')].map((one) => one.outerHTML),
    links: [...document.querySelectorAll('a[href], form[action]')]
      .map((one) => one.getAttribute('href') ?? one.getAttribute('action') ?? '')
      .filter((href) => /^\s*(javascript|data|vbscript):/i.test(href)),
    text: document.body.innerText,
  }));
  expect(found.elements, path).toEqual([]);
  expect(found.links, path).toEqual([]);
  expect(ran, path).toEqual([]);
  if (found.text.includes(SEEN)) shownOn.add(path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*'));
}

beforeAll(async () => {
  stage = await setStage();
  story = await beginStory(stage.world);
  const { client, freelancer } = story;
  await registerAndConfirm(client, { name: 'Анна Заказчица', roles: ['client'], locale: 'ru' });
  await registerAndConfirm(freelancer, { name: 'Злой Мастер', roles: ['freelancer'], locale: 'ru' });
  await topUp(client, 90_000);
  await writeEverywhere();
}, 400_000);
afterAll(() => stage?.close());

test('a guest sees hostile text as text (B6)', async () => {
  const opened = await stage.open();
  const page = await watch(opened);
  for (const path of ['/', '/freelancers', `/orders/${story.orderId}`, `/u/${slug}`]) await look(page, path);
  expect([...shownOn]).toEqual(expect.arrayContaining(['/', '/freelancers', '/orders/*', `/u/${slug}`]));
  await opened.context.close();
});

test('so do the other side of the deal and who wrote it, in every page and in both languages (B6)', async () => {
  for (const who of [story.client, story.freelancer]) {
    const opened = await stage.as(who);
    const page = await watch(opened);
    const talk = `/conversations/${story.conversationId}`;
    const pages = [
      '/my',
      '/conversations',
      talk,
      '/notifications',
      '/saved-searches',
      '/profile',
      '/reviews',
      '/money',
    ];
    for (const path of [`/orders/${story.orderId}`, ...pages]) await look(page, path);
    await page.getByRole('button', { name: 'English' }).click();
    await look(page, talk);
    await opened.context.close();
  }
  expect([...shownOn]).toEqual(expect.arrayContaining(['/conversations/*', '/conversations', '/notifications']));
});

test('a hostile file is a download under a harmless name, and no page of this origin (B6, T1, T2)', async () => {
  const opened = await stage.as(story.client);
  const page = await watch(opened);
  const { items } = (await story.client.get(`/conversations/${story.conversationId}/messages`)).body;
  const files = items.flatMap((one: { attachments: { attachmentId: string }[] }) => one.attachments);
  expect(files).toHaveLength(3);
  for (const { attachmentId } of files) {
    const { url } = (await story.client.get(`/attachments/${attachmentId}/links`)).body;
    const download = page.waitForEvent('download');
    await page.goto(`${stage.url}${url}`).catch(() => {});
    expect((await download).suggestedFilename()).not.toMatch(/[/\\"<>]|\p{Cf}/u);
  }
  await page.goto(`${stage.url}/conversations/${story.conversationId}`);
  const buttons = page.locator('.attachment button');
  await buttons.first().waitFor();
  for (const button of await buttons.all()) {
    const download = page.waitForEvent('download');
    await button.click();
    await download;
  }
  await inspect(page, '/conversations/files');
  await opened.context.close();
});

test('so do support and the administration, and an edited template (B6)', async () => {
  const { client, admin, support } = story;
  await joinSupport(story);
  const review = { kind: 'review', subject: short('about a review'), text: hostile('review ticket') };
  story.ticketId = (await story.freelancer.post('/tickets', { ...review, reviewId: story.reviewId })).body.ticketId;
  const about = { kind: 'question', subject: short('subject'), text: hostile('ticket') };
  const { ticketId } = (await client.post('/tickets', about)).body;
  for (const id of [ticketId, story.ticketId])
    await support.until('/support/queue', (body) => JSON.stringify(body).includes(id));
  for (const id of [ticketId, story.ticketId]) await support.post(`/tickets/${id}/assignment`, { assigneeId: 'self' });
  await attachTo(client, `/tickets/${ticketId}/attachments`);
  await client.post(`/tickets/${ticketId}/messages`, { text: hostile('ticket message') });
  await support.post(`/tickets/${ticketId}/notes`, { text: hostile('note') });
  await support.post(`/tickets/${ticketId}/escalation`, { reason: hostile('escalation') });
  await admin.until('/admin/escalations', (body) => JSON.stringify(body).includes(ticketId));

  const desk = await stage.as(support);
  const page = await watch(desk);
  for (const path of ['/support', `/support/${ticketId}`, `/support/${story.ticketId}`]) await look(page, path);
  await desk.context.close();

  const skills = (await admin.get('/dictionaries/skills')).body;
  const title = { ru: short('skill'), en: short('skill') };
  const entry = { title, reason: hostile('dictionary') };
  await admin.put('/admin/dictionaries/skills/hostile', entry, { ifMatch: `"${skills.version}"` });
  const until = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const block = { rule: 'fraud', reason: hostile('block'), until, deals: 'leave' };
  await admin.post(`/admin/users/${story.freelancer.userId}/block`, block);
  await stage.world.drain();

  const office = await stage.open();
  const panel = await watch(office);
  await panel.goto(`${stage.url}/sign-in`);
  await enter(panel, ADMIN.email, ADMIN.password);
  await panel.waitForURL((at) => at.pathname === '/');
  const users = `/admin/users?q=${encodeURIComponent('data-hostile')}`;
  for (const path of [users, `/admin/users?user=${story.freelancer.userId}`, '/admin/escalations', '/admin/audit'])
    await look(panel, path);
  for (const path of [
    '/admin',
    '/admin/appeals',
    '/admin/staff',
    '/admin/dictionaries?name=skills',
    `/support/${ticketId}`,
  ])
    await look(panel, path);

  await look(panel, '/admin/templates');
  await preview(panel);
  const own = await stage.as(client);
  const hers = await watch(own);
  for (const path of ['/tickets', `/tickets/${ticketId}`]) await look(hers, path);
  await own.context.close();
  await office.context.close();
  expect([...shownOn]).toEqual(
    expect.arrayContaining(['/support', '/support/*', '/admin/escalations', '/tickets', '/tickets/*', '/admin/audit']),
  );
});

/** A template that an admin was talked into: refused, in words; what is taken is shown in a frame without scripts and origin. */
async function preview(page: Page): Promise<void> {
  const show = page.getByRole('button', { name: 'Выполнить' });
  const own = await page.getByLabel('HTML').inputValue();
  // Braces are the templates' own language.
  await page.getByLabel('HTML').fill(`${own}<p>${hostile('template').replaceAll(/\{\{.*?\}\}/g, '')}</p>`);
  await show.click();
  await page.getByRole('alert').waitFor();
  await inspect(page, '/admin/templates/refused');
  await page.getByLabel('HTML').fill(own);
  await page.getByLabel('Тема').fill(short('mail subject'));
  await show.click();
  const frame = page.locator('iframe.mail-preview');
  await frame.waitFor();
  expect(await frame.getAttribute('sandbox')).toBe('');
  await inspect(page, '/admin/templates/preview');
}

test('mail about it shows it as text, in a mail program that would run anything (B6)', async () => {
  const opened = await stage.open();
  const page = await watch(opened);
  for (const to of [story.client, story.freelancer]) {
    const { html } = await mailTo(stage.world, to.email, { text: SEEN });
    await page.setContent(html ?? '');
    await inspect(page, 'mail');
  }
  expect([...shownOn]).toContain('mail');
  await opened.context.close();
});

test('the browser had nothing to forbid: no page tried to run what its policy refuses (B6)', () => {
  const refused = stage.errors.filter((text) => /Content Security Policy|Refused to/i.test(text));
  expect(refused.filter((text) => !text.includes('/admin/templates'))).toEqual([]);
  expect(ran).toEqual([]);
});
