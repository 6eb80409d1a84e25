/**
 * The versions of the texts that this release shows. Nobody joins without having agreed to the terms of use and to the
 * processing of personal data, each by itself (152-FZ). A text that changes gets a new version; the old one stays to be read.
 */
export const CURRENT_TEXTS = { terms: '2026-01', privacy: '2026-01', news: '2026-01' } as const;

/** The texts behind the consents, by the last part of their address in the web app (`/legal/terms`). */
export const LEGAL_DOCUMENTS = ['terms', 'privacy', 'consent', 'news'] as const;
export type LegalDocument = (typeof LEGAL_DOCUMENTS)[number];

/** Which consent a text belongs to: who consents to the processing of his data has read the policy (`privacy`) too. */
export const CONSENT_OF = {
  terms: 'terms',
  privacy: 'privacy',
  consent: 'privacy',
  news: 'news',
} as const satisfies Record<LegalDocument, keyof typeof CURRENT_TEXTS>;
