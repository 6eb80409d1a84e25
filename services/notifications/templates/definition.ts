import type { NotificationType } from '#contracts/notifications/http.ts';
import type { Locale } from '#contracts/common/values.ts';

/**
 * What a variable of a template holds and how it is shown: money and times in the reader's way, a person by the name of
 * the moment, a phrase from the dictionary of that name. A missing value is shown as nothing.
 */
/** `bilingual`: in each language what the platform or an admin says, as it is what a person typed. */
export type VariableKind = 'text' | 'bilingual' | 'money' | 'time' | 'person' | 'number' | `phrase:${string}`;

/** A text in one language. Paragraphs and subject are Handlebars; one that is only `{{code}}` stands out. */
export interface Words {
  readonly subject: string;
  readonly body: readonly string[];
  /** Label of the link. */
  readonly button?: string;
}

export interface TemplateDefinition {
  readonly type: NotificationType;
  /** Comes whatever the preferences say. */
  readonly critical?: boolean;
  readonly channels: readonly ('inApp' | 'email' | 'sms')[];
  readonly variables: Readonly<Record<string, VariableKind>>;
  /** Variables without which the message is of no use; an edited template must have them. */
  readonly needs?: readonly string[];
  /** Path in the web app. */
  link(params: Readonly<Record<string, unknown>>): string;
  readonly ru: Words;
  readonly en: Words;
}

export function template<const D extends TemplateDefinition>(definition: D): D {
  return definition;
}

/** Path below a page by an id of the parameters: `at('/orders', 'orderId')`. */
export function at(page: string, key: string): TemplateDefinition['link'] {
  return (params) => `${page}/${String(params[key] ?? '')}`;
}

export const to =
  (path: string): TemplateDefinition['link'] =>
  () =>
    path;

export type Templates = Readonly<Record<string, TemplateDefinition>>;
export type ByLocale = Readonly<Record<Locale, string>>;
