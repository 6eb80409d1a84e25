/** HTML pages rendered here: escaping, the frame of a page, its languages and its one style sheet. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Call } from './http.ts';

export type PageLocale = 'ru' | 'en';

/** Markup that is safe to put into a page as it is. Made by `html` only. */
export interface Markup {
  readonly markup: string;
}
type Piece = string | number | Markup | null | readonly (Markup | null)[];

/** Template tag: text is escaped, markup and lists of markup go in as they are, null is nothing. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: strings.map((part, i) => part + (i < pieces.length ? render(pieces[i] ?? null) : '')).join('') };
}

function render(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escapeHtml(String(piece));
  if ('markup' in piece) return piece.markup;
  return piece.map(render).join('');
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

/** `?lang=` decides, then what the browser prefers, then Russian. */
export function pageLocale(call: Call, otherwise: PageLocale = 'ru'): PageLocale {
  const asked = call.query.get('lang');
  if (asked === 'ru' || asked === 'en') return asked;
  const preferred = /\b(ru|en)\b/i.exec(call.req.headers['accept-language'] ?? '')?.[1];
  return preferred ? (preferred.toLowerCase() as PageLocale) : otherwise;
}

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--accent:#0a6b4f}
@media(prefers-color-scheme:dark){:root{--accent:#4fd1a5}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between}
h1{font-size:1.3rem;margin:.5rem 0;overflow-wrap:anywhere}
a{color:var(--accent)}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;padding:.45rem .5rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.75rem;border-radius:.4rem}
iframe{width:100%;height:32rem;border:1px solid var(--line);border-radius:.4rem;background:#fff}
form{display:inline-flex;gap:.5rem;flex-wrap:wrap}
button,input{font:inherit;padding:.5rem .9rem;border:1px solid var(--line);border-radius:.4rem;min-height:2.75rem}
button{cursor:pointer;background:var(--soft);color:inherit}
button.main{background:var(--accent);color:Canvas;border-color:var(--accent)}
.stack{display:flex;flex-direction:column;max-width:26rem}
.sum{font-size:2rem;font-weight:700;margin:.5rem 0}
.note{opacity:.75;font-size:.9rem}
time{white-space:nowrap}`;
const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export interface Page {
  readonly locale: PageLocale;
  readonly title: string;
  readonly content: Markup;
  /** More sources for the page's policy, e.g. `frame-src 'self'`. */
  readonly policy?: string;
  /** Origins besides this one that a form may lead to: browsers apply `form-action` to the redirect after it, too. */
  readonly formTargets?: readonly string[];
  /** Seconds after which the browser loads the page again. */
  readonly refresh?: number;
  readonly status?: number;
}

/** Sends a page that may load nothing from anywhere and run no script. */
export function sendPage(res: ServerResponse, page: Page): void {
  const refresh = page.refresh ? html`<meta http-equiv="refresh" content="${page.refresh}">` : null;
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    `form-action ${["'self'", ...(page.formTargets ?? [])].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(page.policy ? [page.policy] : []),
  ];
  res.writeHead(page.status ?? 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
  });
  const { markup } = html`<!doctype html>
<html lang="${page.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}<title>${page.title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>${page.content}</body>
</html>`;
  res.end(markup);
}
