import type { Bilingual, Currency, Locale } from '#contracts/common/values.ts';
import { formatMoney, formatTime } from '../domain/format.ts';
import { type TemplateTexts, templateOf } from './catalogue.ts';
import { fillHtml, fillLine, fillText, type Values } from './compile.ts';
import type { TemplateDefinition, VariableKind } from './definition.ts';
import { type Frame, frameHtml, frameText } from './frame.ts';
import { anyPhrase, phrase } from './phrases.ts';

export interface Rendered {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface Reader {
  readonly locale: Locale;
  readonly timeZone: string;
  /** Name of who did it. */
  readonly who: string | undefined;
}

const SOMEBODY = { ru: 'участник Artel', en: 'An Artel member' } as const;

/** What a row adds to its parameters: how many it stands for, and that again where it is more than one. */
export function counted(params: Readonly<Record<string, unknown>>, count: number): Record<string, unknown> {
  return { ...params, count, many: count > 1 ? count : null };
}

/** The values of a template's variables as the reader should see them. */
export function valuesFor(
  definition: TemplateDefinition,
  params: Readonly<Record<string, unknown>>,
  reader: Reader,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(definition.variables).map(([name, kind]) => [name, show(kind, params[name], reader)]),
  );
}

function show(kind: VariableKind, value: unknown, reader: Reader): string {
  if (kind === 'person') return reader.who ?? SOMEBODY[reader.locale];
  if (value === null || value === undefined) return '';
  if (kind === 'money') return formatMoney(value as { amount: string; currency: Currency }, reader.locale);
  if (kind === 'time') return formatTime(String(value), reader.locale, reader.timeZone);
  if (kind === 'bilingual') return typeof value === 'string' ? value : (value as Bilingual)[reader.locale];
  if (kind.startsWith('phrase:')) return phrase(kind.slice('phrase:'.length), value, reader.locale);
  return String(value);
}

/** Title, text and link of a notification inside the app: the shipped subject and first words. */
export function renderShort(
  event: string,
  params: Readonly<Record<string, unknown>>,
  reader: Reader,
): { title: string; text: string; link: string } {
  const definition = templateOf(event);
  const words = definition[reader.locale];
  const values = { ...valuesFor(definition, params, reader), name: '', link: '' };
  const text = words.body.map((paragraph) => fillText(paragraph, values)).filter(Boolean);
  return {
    title: capital(fillLine(words.subject, values)),
    text: capital(text.join('\n')),
    link: definition.link(params),
  };
}

/** A whole mail. Throws when the texts name what there is not. */
export function renderMail(texts: TemplateTexts, values: Values, frame: Frame): Rendered {
  const subject = capital(fillLine(texts.subject, values));
  return {
    subject,
    html: frameHtml(subject, fillHtml(texts.html, values), frame),
    text: frameText(fillText(texts.text, values), frame),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SAMPLES = {
  ru: { title: 'Логотип для кофейни', reason: 'Нужен другой цвет', name: 'Анна Иванова', text: 'Пример текста' },
  en: { title: 'Logo for a coffee shop', reason: 'Another colour, please', name: 'Ann Smith', text: 'Some text' },
} as const;

/** Values for previews and test sends. */
export function sampleValues(
  definition: TemplateDefinition,
  locale: Locale,
  publicUrl: string,
): Record<string, string> {
  const samples: Record<string, string> = SAMPLES[locale];
  const params = Object.fromEntries(
    Object.entries(definition.variables).map(([name, kind]) => [name, sample(name, kind, samples)]),
  );
  const values = valuesFor(definition, params, { locale, timeZone: 'Europe/Moscow', who: samples['name'] });
  const id = '0199a000-0000-7000-8000-000000000000';
  const ids = { orderId: id, conversationId: id, ticketId: id };
  return { ...values, name: samples['name'] ?? '', link: `${publicUrl}${definition.link(ids)}` };
}

function sample(name: string, kind: VariableKind, samples: Record<string, string>): unknown {
  if (kind === 'money') return { amount: '123450', currency: 'RUB' };
  if (kind === 'time') return '2026-03-01T09:30:00Z';
  if (kind === 'number') return 3;
  if (kind.startsWith('phrase:')) return anyPhrase(kind.slice('phrase:'.length));
  const text = name === 'code' ? '123456' : (samples[name] ?? samples['text']);
  return kind === 'bilingual' ? { ru: text, en: text } : text;
}
