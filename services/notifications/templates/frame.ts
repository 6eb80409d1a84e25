import type { Locale } from '#contracts/common/values.ts';
import { escapeHtml } from '../domain/html.ts';

const WORDS = {
  ru: {
    platform: 'Artel, биржа фриланса',
    settings: 'Настроить уведомления',
    unsubscribe: 'Отписаться от таких писем',
    critical: 'Это важное письмо о вашей учётной записи, отписаться от таких нельзя.',
  },
  en: {
    platform: 'Artel, the freelance marketplace',
    settings: 'Notification settings',
    unsubscribe: 'Unsubscribe from such mail',
    critical: 'This is an important mail about your account; such mail can not be switched off.',
  },
} as const;

const CODE =
  'font:700 32px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px;text-align:center;margin:24px 0';
/** Its width comes from borders: Outlook draws no padding around a link. */
const BUTTON =
  'display:inline-block;border:solid #1f5f4a;border-width:12px 20px;border-radius:8px;background:#1f5f4a;color:#ffffff;text-decoration:none;font-weight:600';
const FONT = "system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";

export interface Frame {
  readonly locale: Locale;
  readonly publicUrl: string;
  /** Undefined: a mail that can't be switched off. */
  readonly unsubscribeUrl: string | undefined;
}

/**
 * The frame of every mail: readable without images, by a screen reader, in the dark. Tables and inline styles, because there
 * are mail programs (Outlook on Windows) that know neither `max-width` nor a padding of a `div`.
 */
export function frameHtml(subject: string, inner: string, frame: Frame): string {
  const words = WORDS[frame.locale];
  const styled = inner
    .replaceAll('class="code"', `class="code" style="${CODE}"`)
    .replaceAll('class="button"', `class="button" style="${BUTTON}"`);
  const link = (href: string, label: string) => `<a href="${escapeHtml(href)}" style="color:inherit">${label}</a>`;
  const foot = frame.unsubscribeUrl
    ? `${link(`${frame.publicUrl}/settings/notifications`, words.settings)} · ${link(frame.unsubscribeUrl, words.unsubscribe)}`
    : words.critical;
  const cell = (name: string, style: string, inner: string) =>
    `<tr><td class="${name}" style="${style}">${inner}</td></tr>`;
  return `<!doctype html>
<html lang="${frame.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  body, .page { background: #16191b !important; color: #e8e6e1 !important; }
  .card { background: #212629 !important; color: #e8e6e1 !important; }
  .foot { color: #a9b0b3 !important; }
  .button { background: #7fd1b3 !important; border-color: #7fd1b3 !important; color: #10201a !important; }
}
</style>
</head>
<body style="margin:0;padding:0;background:#f3f1ec;color:#22282b">
<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f3f1ec">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;text-align:left">
${cell('card', `padding:28px;border-radius:12px;background:#ffffff;font:16px/1.5 ${FONT}`, `<p style="margin:0 0 16px;font-weight:700">${link(frame.publicUrl, 'Artel')}</p>\n<div role="article" aria-label="${escapeHtml(subject)}">\n${styled}\n</div>`)}
${cell('foot', `padding:16px 0 0;color:#5d666b;font:13px/1.5 ${FONT}`, `${words.platform}. ${foot}`)}
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
}

export function frameText(text: string, frame: Frame): string {
  const words = WORDS[frame.locale];
  const foot = frame.unsubscribeUrl
    ? `${words.settings}: ${frame.publicUrl}/settings/notifications\n${words.unsubscribe}: ${frame.unsubscribeUrl}`
    : words.critical;
  return `${text}\n\n-- \n${words.platform}\n${foot}\n`;
}
