/** What a person has agreed to, and what of it has changed since. The log of consents is kept by users. */
import { authEvents } from '#contracts/auth/events.ts';
import type { JoiningConsents, RequiredConsent } from '#contracts/common/consents.ts';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { Account } from './accounts.ts';

type Agreed = Pick<Account, 'termsVersion' | 'privacyVersion'>;

export function agreementsOf({ termsVersion, privacyVersion }: Agreed) {
  return (
    [
      ['terms', termsVersion],
      ['privacy', privacyVersion],
    ] as const
  ).map(([kind, agreed]) => {
    const inForce = CURRENT_TEXTS[kind];
    return { kind, agreed, inForce, outdated: agreed !== null && agreed !== inForce };
  });
}

export function outdatedOf(account: Agreed): RequiredConsent[] {
  return agreementsOf(account).flatMap(({ kind, outdated }) => (outdated ? [kind] : []));
}

/** A page that was loaded before a release shows texts that are no longer in force. */
export function refuseOutdated(consents: Partial<JoiningConsents>, at: string): void {
  const outdated = (['terms', 'privacy', 'news'] as const).filter(
    (kind) => consents[kind] !== undefined && consents[kind] !== CURRENT_TEXTS[kind],
  );
  if (outdated.length > 0)
    throw new Problem('auth.consent_outdated', {
      errors: outdated.map((kind) => ({ pointer: `${at}/${kind}`, detail: `now ${CURRENT_TEXTS[kind]}` })),
    });
}

/** Keeps what is new in it, for the next token and for the log. */
export async function keepAgreement(
  tx: Tx,
  { userId, termsVersion, privacyVersion }: Agreed & Pick<Account, 'userId'>,
  given: Partial<JoiningConsents>,
  now: Date,
): Promise<void> {
  const known = { terms: termsVersion, privacy: privacyVersion, news: null };
  const consents = (['terms', 'privacy', 'news'] as const).flatMap((kind) => {
    const version = given[kind];
    return version === undefined || version === known[kind] ? [] : [{ kind, version }];
  });
  if (consents.length === 0) return;
  const { terms = null, privacy = null } = given;
  await tx.run(sql`
    update accounts set terms_version = coalesce(${terms}, terms_version), privacy_version = coalesce(${privacy}, privacy_version)
    where user_id = ${userId}`);
  tx.emit(authEvents.consentsGiven, userId, { userId, consents, at: now.toISOString() });
}
