import { type TemplateTexts, variablesOf } from './catalogue.ts';
import { faultsOf, namesIn } from './compile.ts';
import type { TemplateDefinition } from './definition.ts';

/** What has no place in a mail, or would run in the preview. */
const UNSAFE: readonly [RegExp, string][] = [
  [
    /<\s*\/?\s*(script|iframe|object|embed|form|input|link|meta|base|svg|style)\b/i,
    'this element is not allowed in mail',
  ],
  [/<[^>]*\son[a-z]+\s*=/i, 'event handlers are not allowed'],
  [/(javascript|vbscript|data)\s*:/i, 'only links to pages are allowed'],
];

export interface TemplateFault {
  readonly pointer: string;
  readonly detail: string;
}

/** Faults of an edited template: syntax, unknown variables, unsafe HTML, and what the message can't do without. */
export function checkTemplate(definition: TemplateDefinition, texts: TemplateTexts): TemplateFault[] {
  const allowed = new Set(variablesOf(definition));
  const mail = definition.channels.includes('email');
  const faults: TemplateFault[] = [];
  const add = (part: keyof TemplateTexts, details: readonly string[]) =>
    faults.push(...details.map((detail) => ({ pointer: `/body/${part}`, detail })));
  for (const part of ['subject', 'html', 'text'] as const) add(part, faultsOf(texts[part], allowed));
  for (const [pattern, detail] of UNSAFE) if (pattern.test(texts.html)) add('html', [detail]);
  for (const part of mail ? (['subject', 'html', 'text'] as const) : (['text'] as const))
    if (texts[part].trim() === '') add(part, ['must not be empty']);
  for (const part of mail ? (['html', 'text'] as const) : (['text'] as const))
    for (const name of definition.needs ?? [])
      if (!namesIn(texts[part]).has(name)) add(part, [`must have {{${name}}}`]);
  return faults;
}
