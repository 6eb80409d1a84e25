/**
 * The versions of the texts that this release shows. Nobody joins without having agreed to the terms of use and to the
 * processing of personal data, each by itself (152-FZ).
 */
export const CURRENT_TEXTS = { terms: '2026-01', privacy: '2026-01', news: '2026-01' } as const;
