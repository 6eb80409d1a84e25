import type { Locale } from '#contracts/common/values.ts';
import { authTemplates } from './auth.ts';
import { dealTemplates } from './deals.ts';
import type { TemplateDefinition, Words } from './definition.ts';
import { disputeTemplates } from './disputes.ts';
import { orderTemplates } from './orders.ts';
import { otherTemplates } from './others.ts';
import { webhookTemplates } from './webhooks.ts';

const all = {
  ...authTemplates,
  ...orderTemplates,
  ...dealTemplates,
  ...disputeTemplates,
  ...otherTemplates,
  ...webhookTemplates,
};

/** What can be told: the key of a template, and the name of what happened. */
export type Happening = keyof typeof all;
export const TEMPLATES: Readonly<Record<string, TemplateDefinition>> = all;
export const LOCALES: readonly Locale[] = ['ru', 'en'];

/** The template of a key that the service itself wrote; an unknown one is a fault of ours. */
export function templateOf(key: string): TemplateDefinition {
  const definition = Object.hasOwn(TEMPLATES, key) ? TEMPLATES[key] : undefined;
  if (!definition) throw new Error(`no template ${key}`);
  return definition;
}

/** What an admin may edit: Handlebars texts. The HTML is the inner part; the frame around it is everybody's. */
export interface TemplateTexts {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** As shipped. */
export function shippedTexts(definition: TemplateDefinition, locale: Locale): TemplateTexts {
  const words = definition[locale];
  if (definition.channels.includes('sms')) return { subject: words.subject, html: '', text: words.body.join('\n') };
  return { subject: words.subject, html: htmlOf(words), text: textOf(words) };
}

function htmlOf({ body, button }: Words): string {
  const paragraphs = body.map((p) => (p === '{{code}}' ? `<p class="code">${p}</p>` : `<p>${p}</p>`));
  if (button) paragraphs.push(`{{#if link}}<p><a class="button" href="{{link}}">${button}</a></p>{{/if}}`);
  return paragraphs.join('\n');
}

function textOf({ body, button }: Words): string {
  return [...body, ...(button ? [`{{#if link}}${button}: {{link}}{{/if}}`] : [])].join('\n\n');
}

/** Names that a template may use: its own, and those that every mail has. */
export function variablesOf(definition: TemplateDefinition): string[] {
  const own = Object.keys(definition.variables);
  return definition.channels.includes('sms') ? own : [...own, 'name', 'link'];
}
