import type { Locale } from '#contracts/common/values.ts';
import { CONSENT_OF, CURRENT_TEXTS, type LegalDocument } from '#contracts/common/legal-texts.ts';
import { en202601 } from './2026-01.en.ts';
import { ru202601 } from './2026-01.ru.ts';

export interface LegalText {
  readonly title: string;
  readonly sections: readonly { readonly heading: string; readonly paragraphs: readonly string[] }[];
}
export type LegalTexts = Readonly<Record<LegalDocument, LegalText>>;

/** Every version that people may have agreed to. One that was published is not edited: a change is a new version. */
export const VERSIONS: Readonly<Record<string, Readonly<Record<Locale, LegalTexts>>>> = {
  '2026-01': { ru: ru202601, en: en202601 },
};

/** Who answers for this installation, from the configuration. */
export interface Operator {
  readonly name: string | undefined;
  readonly address: string | undefined;
  readonly contact: string | undefined;
}

const UNSAID = {
  ru: {
    name: 'владелец этой установки (имя он ещё не указал)',
    address: 'адрес не указан',
    contact: 'обращение в поддержку на площадке',
  },
  en: {
    name: 'the owner of this installation (who has not given a name yet)',
    address: 'no address given',
    contact: 'a ticket to the support of the platform',
  },
} as const;

/** A text with the operator's words in it; undefined: there is no such version. */
export function legalText(
  document: LegalDocument,
  of: { version: string | undefined; locale: Locale; operator: Operator; site: string },
): { version: string; current: boolean; text: LegalText } | undefined {
  const inForce = CURRENT_TEXTS[CONSENT_OF[document]];
  const version = of.version ?? inForce;
  const template = Object.hasOwn(VERSIONS, version) ? VERSIONS[version]?.[of.locale][document] : undefined;
  if (!template) return undefined;
  const unsaid = UNSAID[of.locale];
  const words: Record<string, string> = {
    operator: of.operator.name ?? unsaid.name,
    address: of.operator.address ?? unsaid.address,
    contact: of.operator.contact ?? unsaid.contact,
    site: of.site,
  };
  const fill = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => words[name] ?? whole);
  const sections = template.sections.map(({ heading, paragraphs }) => ({
    heading: fill(heading),
    paragraphs: paragraphs.map(fill),
  }));
  return { version, current: version === inForce, text: { title: template.title, sections } };
}
