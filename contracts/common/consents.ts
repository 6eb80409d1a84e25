import { z } from 'zod';
import { CURRENT_TEXTS } from './legal-texts.ts';

/** What a person may agree to, and take back. */
export const consentKind = z.enum(['terms', 'privacy', 'news']);
/** Which text was agreed to. */
export const consentVersion = z.string().regex(/^[\w.-]{1,40}$/);

/** What who joins agrees to: the terms of use, the processing of personal data, and news if he likes. */
export const joiningConsents = z.strictObject({
  terms: consentVersion,
  privacy: consentVersion,
  news: consentVersion.optional(),
});
/** What nobody takes part without; a new version of its text is asked about again. */
export const requiredConsent = consentKind.extract(['terms', 'privacy']);
export type RequiredConsent = z.infer<typeof requiredConsent>;
export type JoiningConsents = z.infer<typeof joiningConsents>;
export const JOINING_EXAMPLE: JoiningConsents = { terms: CURRENT_TEXTS.terms, privacy: CURRENT_TEXTS.privacy };
