/** What a person sees of the catcher: the list and a message. */
import { type Call, HttpError } from '../http.ts';
import { html, type Markup, type Page, type PageLocale } from '../page.ts';
import type { CaughtMail, CaughtMessage } from './messages.ts';

const WORDS = {
  ru: {
    title: 'Письма и SMS',
    other: 'English',
    empty: 'Пока ничего не отправлено. Страница обновляется сама.',
    nothing: 'Ничего не нашлось.',
    when: 'Время',
    to: 'Кому',
    from: 'От кого',
    what: 'Сообщение',
    search: 'Адрес, тема или текст',
    find: 'Найти',
    clear: 'Удалить все',
    back: '← Все сообщения',
    html: 'Как увидит получатель',
    text: 'Текст',
    headers: 'Заголовки',
    attachments: 'Вложения',
    noSubject: '(без темы)',
    note: 'Здесь видно всё, что платформа отправила. Наружу ничего не ушло.',
  },
  en: {
    title: 'Mail and SMS',
    other: 'Русский',
    empty: 'Nothing has been sent yet. The page reloads by itself.',
    nothing: 'Nothing found.',
    when: 'Time',
    to: 'To',
    from: 'From',
    what: 'Message',
    search: 'Address, subject or text',
    find: 'Find',
    clear: 'Delete all',
    back: '← All messages',
    html: 'As the recipient sees it',
    text: 'Text',
    headers: 'Headers',
    attachments: 'Attachments',
    noSubject: '(no subject)',
    note: 'Everything that the platform has sent is here. Nothing went outside.',
  },
} as const;

/** The list, newest first; `search` narrows it to messages that hold the words. */
export function listPage(locale: PageLocale, messages: readonly CaughtMessage[], search: string): Page {
  const words = WORDS[locale];
  const found = messages.filter((message) => contains(message, search.trim().toLowerCase()));
  const rows = found.map(
    (message) => html`<tr>
<td>${timeOf(message)}</td>
<td>${message.to.join(', ')}</td>
<td>${message.kind === 'sms' ? 'SMS: ' : ''}<a href="/messages/${message.id}?lang=${locale}">${titleOf(message, locale)}</a></td>
</tr>`,
  );
  const content = html`${header(locale, words.title, '/')}
<p class="note">${words.note}</p>
<form method="get" action="/" role="search">
<input type="hidden" name="lang" value="${locale}">
<input type="search" name="q" value="${search}" placeholder="${words.search}" aria-label="${words.search}">
<button>${words.find}</button>
</form>
<form method="post" action="/clear?lang=${locale}"><button>${words.clear}</button></form>
${
  rows.length > 0
    ? html`<table><thead><tr><th>${words.when}</th><th>${words.to}</th><th>${words.what}</th></tr></thead><tbody>${rows}</tbody></table>`
    : html`<p>${search ? words.nothing : words.empty}</p>`
}`;
  return { locale, title: words.title, content, ...(search ? {} : { refresh: 5 }) };
}

export function messagePage(locale: PageLocale, message: CaughtMessage): Page {
  const words = WORDS[locale];
  const title = titleOf(message, locale);
  const content = html`${header(locale, title, `/messages/${message.id}`)}
<p><a href="/?lang=${locale}">${words.back}</a></p>
<table><tbody>
<tr><th>${words.when}</th><td>${timeOf(message)}</td></tr>
<tr><th>${words.to}</th><td>${message.to.join(', ')}</td></tr>
${message.kind === 'mail' ? html`<tr><th>${words.from}</th><td>${message.from}</td></tr>` : null}
</tbody></table>
${
  message.kind === 'mail' && message.html !== null
    ? html`<h2>${words.html}</h2><iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/${message.id}/html" title="${words.html}"></iframe>`
    : null
}
<h2>${words.text}</h2><pre>${linked(message.text)}</pre>
${message.kind === 'mail' ? mailDetails(locale, message) : null}`;
  return { locale, title, content, policy: "frame-src 'self'" };
}

/** A mail's own HTML, for the frame on the page: it can load nothing, run nothing, and its links open a new tab. */
export function sendMailHtml(call: Call, mail: CaughtMessage): void {
  if (mail.kind !== 'mail' || mail.html === null) throw new HttpError(404, 'not_found', 'The message has no HTML.');
  const base = '<base target="_blank">';
  const withBase = /<head[^>]*>/i.test(mail.html)
    ? mail.html.replace(/<head[^>]*>/i, (head) => `${head}${base}`)
    : `${base}${mail.html}`;
  call.res.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      'sandbox allow-popups allow-popups-to-escape-sandbox; ' +
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
  });
  call.res.end(withBase);
}

function mailDetails(locale: PageLocale, mail: CaughtMail): Markup {
  const words = WORDS[locale];
  const files = mail.attachments.map(
    ({ name, size }, i) => html`<li><a href="/api/messages/${mail.id}/attachments/${i}">${name}</a> (${size} B)</li>`,
  );
  const headers = mail.headers.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`);
  return html`${files.length > 0 ? html`<h2>${words.attachments}</h2><ul>${files}</ul>` : null}
<h2>${words.headers}</h2><table><tbody>${headers}</tbody></table>`;
}

function header(locale: PageLocale, title: string, path: string): Markup {
  const other = locale === 'ru' ? 'en' : 'ru';
  return html`<header><h1>${title}</h1><a href="${path}?lang=${other}" hreflang="${other}" lang="${other}">${WORDS[locale].other}</a></header>`;
}

function titleOf(message: CaughtMessage, locale: PageLocale): string {
  return (message.kind === 'mail' ? message.subject : message.text) || WORDS[locale].noSubject;
}

function timeOf(message: CaughtMessage): Markup {
  return html`<time datetime="${message.at}">${message.at.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function contains(message: CaughtMessage, words: string): boolean {
  if (words === '') return true;
  const subject = message.kind === 'mail' ? message.subject : '';
  return [...message.to, subject, message.text].some((part) => part.toLowerCase().includes(words));
}

/** Text with its web addresses made into links. */
function linked(text: string): Markup[] {
  return text
    .split(/(https?:\/\/[^\s<>"'\])]+)/)
    .map((part, i) =>
      i % 2 === 1 ? html`<a href="${part}" target="_blank" rel="noreferrer">${part}</a>` : html`${part}`,
    );
}
