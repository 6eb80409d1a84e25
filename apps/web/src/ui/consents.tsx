import type { ComponentChildren } from 'preact';
import type { JoiningConsents } from '#contracts/common/consents.ts';
import { CURRENT_TEXTS, type LegalDocument } from '#contracts/common/legal-texts.ts';
import { t } from '../i18n.ts';
import { Check, type Typed } from './form.tsx';

type Kind = keyof typeof CURRENT_TEXTS;

/** What is agreed to, each by itself; nothing is ticked for anybody. Default: what who joins is asked. */
export function Consents({ kinds = ['terms', 'privacy', 'news'] }: { kinds?: readonly Kind[] }) {
  return (
    <fieldset class="checks">
      <legend>{t('consents.title')}</legend>
      {kinds.map((kind) => (
        <Check key={kind} label={WORDS[kind]()} name={NAMES[kind]} required={kind !== 'news'} />
      ))}
    </fieldset>
  );
}

const NAMES = { terms: 'consentTerms', privacy: 'consentPrivacy', news: 'consentNews' } as const;
const WORDS: Readonly<Record<Kind, () => ComponentChildren>> = {
  terms: () => (
    <>
      {t('consents.accept')} <Text of="terms">{t('consents.terms')}</Text>
    </>
  ),
  privacy: () => (
    <>
      {t('consents.agree')} <Text of="consent">{t('consents.processing')}</Text> {t('consents.by')}{' '}
      <Text of="privacy">{t('consents.policy')}</Text>
    </>
  ),
  news: () => (
    <>
      {t('consents.want')} <Text of="news">{t('consents.news')}</Text> {t('consents.optional')}
    </>
  ),
};

/** Opens beside the form, so that what is typed stays. */
function Text({ of, children }: { of: LegalDocument; children: string }) {
  return (
    <a href={`/legal/${of}`} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}

export function consentsOf(typed: Typed): JoiningConsents {
  const { terms, privacy, news } = CURRENT_TEXTS;
  return { terms, privacy, ...(typed.has('consentNews') ? { news } : {}) };
}
