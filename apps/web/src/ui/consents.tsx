import type { JoiningConsents } from '#contracts/common/consents.ts';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { t } from '../i18n.ts';
import { Check, type Typed } from './form.tsx';

/** What who joins agrees to, each by itself; nothing is ticked for him. */
export function Consents() {
  return (
    <fieldset class="checks">
      <legend>{t('consents.title')}</legend>
      <Check label={t('consents.terms')} name="consentTerms" required />
      <Check label={t('consents.privacy')} name="consentPrivacy" required />
      <Check label={t('consents.news')} name="consentNews" />
    </fieldset>
  );
}

export function consentsOf(typed: Typed): JoiningConsents {
  const { terms, privacy, news } = CURRENT_TEXTS;
  return { terms, privacy, ...(typed.has('consentNews') ? { news } : {}) };
}
