import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface Account {
  userId: string;
  email: string;
  emailConfirmed: boolean;
  passwordHash: string | null;
  displayName: string;
  locale: Locale;
  phone: string | null;
  factorEmail: boolean;
  factorSms: boolean;
  totpSecret: string | null;
  totpConfirmed: boolean;
  totpLastStep: bigint;
  passkeys: number;
  locked: boolean;
  lockedUntil: Date | null;
  createdAt: Date;
  termsVersion: string | null;
  privacyVersion: string | null;
}

export type FactorKind = 'totp' | 'email' | 'sms' | 'recovery' | 'passkey';

const columns = sql`user_id as "userId", email, email_confirmed as "emailConfirmed", password_hash as "passwordHash",
  display_name as "displayName", locale, phone, factor_email as "factorEmail", factor_sms as "factorSms",
  totp_secret as "totpSecret", totp_confirmed as "totpConfirmed", totp_last_step as "totpLastStep",
  (select count(*)::int from passkeys p where p.user_id = accounts.user_id) as passkeys,
  locked, locked_until as "lockedUntil", created_at as "createdAt", terms_version as "termsVersion", privacy_version as "privacyVersion"`;

export function accountByEmail(db: Queries, key: string): Promise<Account | undefined> {
  return db.maybe<Account>(sql`select ${columns} from accounts where email_key = ${key} and erased_at is null`);
}

export function accountById(db: Queries, userId: string): Promise<Account | undefined> {
  return db.maybe<Account>(sql`select ${columns} from accounts where user_id = ${userId} and erased_at is null`);
}

/** Whose refresh token this is, while its session goes on; and whether it is still unused. */
export function accountByRefreshToken(
  db: Queries,
  tokenHash: string,
): Promise<(Account & { unused: boolean }) | undefined> {
  return db.maybe(sql`
    select ${columns}, (select used_at is null from refresh_tokens where token_hash = ${tokenHash}) as unused
    from accounts where erased_at is null and user_id = (
      select s.user_id from refresh_tokens t join sessions s using (session_id)
      where t.token_hash = ${tokenHash} and s.ended_at is null)`);
}

export function lockAccount(tx: Tx, userId: string): Promise<Account | undefined> {
  return tx.maybe<Account>(
    sql`select ${columns} from accounts where user_id = ${userId} and erased_at is null for update`,
  );
}

/** Blocked by an admin, now. */
export function isLocked(account: Account, now: Date): boolean {
  return account.locked && (account.lockedUntil === null || account.lockedUntil > now);
}

/** The second factors that a sign-in by password must ask for. */
export function factorsOf(account: Account): FactorKind[] {
  const factors: FactorKind[] = [];
  if (account.passkeys > 0) factors.push('passkey');
  if (account.totpSecret !== null && account.totpConfirmed) factors.push('totp');
  if (account.factorEmail) factors.push('email');
  if (account.factorSms && account.phone !== null) factors.push('sms');
  return factors.length > 0 ? [...factors, 'recovery'] : [];
}
