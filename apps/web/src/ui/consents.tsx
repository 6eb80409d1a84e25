import type { JoiningConsents } from '#contracts/common/consents.ts';
import { CURRENT_TEXTS, type LegalDocument } from '#contracts/common/legal-texts.ts';
import { t } from '../i18n.ts';
import { Check, type Typed } from './form.tsx';

/** What who joins agrees to, each by itself; nothing is ticked for him. */
export function Consents() {
  return (
    <fieldset class="checks">
      <legend>{t('consents.title')}</legend>
      <Check
        label={
          <>
            {t('consents.accept')} <Text of="terms">{t('consents.terms')}</Text>
          </>
        }
        name="consentTerms"
        required
      />
      <Check
        label={
          <>
            {t('consents.agree')} <Text of="consent">{t('consents.processing')}</Text> {t('consents.by')}{' '}
            <Text of="privacy">{t('consents.policy')}</Text>
          </>
        }
        name="consentPrivacy"
        required
      />
      <Check
        label={
          <>
            {t('consents.want')} <Text of="news">{t('consents.news')}</Text> {t('consents.optional')}
          </>
        }
        name="consentNews"
      />
    </fieldset>
  );
}

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
