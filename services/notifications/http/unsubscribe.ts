import type { NotificationType } from '#contracts/notifications/http.ts';
import type { Locale } from '#contracts/common/values.ts';
import { Problem } from '#kit/problem.ts';
import type { NotificationsHandlers } from '../context.ts';
import { lockPreferences, writePreferences } from '../data/preferences.ts';
import { isCriticalType, mutedKey } from '../domain/preferences.ts';
import { readUnsubscribeToken } from '../domain/unsubscribe-token.ts';
import { TYPE_TITLES } from '../templates/phrases.ts';

const WORDS = {
  ru: {
    title: 'Отписка от писем',
    ask: 'Больше не присылать письма этого вида:',
    button: 'Отписаться',
    done: 'Готово. Таких писем больше не будет:',
    back: 'Включить их снова можно в настройках уведомлений.',
    broken: 'Ссылка повреждена. Откройте её из письма ещё раз или измените настройки уведомлений.',
  },
  en: {
    title: 'Unsubscribe',
    ask: 'Send no more mail of this kind:',
    button: 'Unsubscribe',
    done: 'Done. There will be no more such mail:',
    back: 'It can be switched on again in the notification settings.',
    broken: 'The link is damaged. Open it from the mail again, or change the notification settings.',
  },
} as const;

type State = 'ask' | 'done';

/** A token that is not ours. */
function broken(locale: Locale): Problem {
  return new Problem('not_found', { detail: WORDS[locale].broken });
}

function page(locale: Locale, state: State, type: NotificationType) {
  const words = WORDS[locale];
  const what = `<p><strong>${TYPE_TITLES[type][locale]}</strong></p>`;
  const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${words.button}</button></form>`;
  const tail = state === 'ask' ? form : `<p>${words.back}</p>`;
  const html = `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"><title>${words.title} · Artel</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.2rem}</style>
</head><body><main><h1>${words.title}</h1><p>${words[state]}</p>${what}${tail}</main></body></html>
`;
  return {
    body: Buffer.from(html),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
  };
}

/** Scanners of mail open every link: a GET changes nothing. */
export const askUnsubscribe: NotificationsHandlers['askUnsubscribe'] = async (ctx, req) => {
  const wish = readUnsubscribeToken(ctx.secret('unsubscribe'), req.params.token);
  if (!wish) throw broken(req.locale);
  return page(req.locale, 'ask', wish.type);
};

/** The token is the permission; what the body says is what RFC 8058 has mail programs send. */
export const unsubscribe: NotificationsHandlers['unsubscribe'] = async (ctx, req) => {
  const wish = readUnsubscribeToken(ctx.secret('unsubscribe'), req.params.token);
  if (!wish || isCriticalType(wish.type)) throw broken(req.locale);
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const before = await lockPreferences(tx, wish.userId, now);
    const key = mutedKey(wish.type, 'email');
    if (!before.muted.has(key))
      await writePreferences(tx, wish.userId, { ...before, muted: new Set([...before.muted, key]) }, now);
  });
  return page(req.locale, 'done', wish.type);
};
