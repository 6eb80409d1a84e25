import { authEvents } from '#contracts/auth/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { AuthContext } from '../context.ts';
import { emailKey } from '../domain/addresses.ts';
import { lockAccount } from './accounts.ts';
import { makeTokensStale } from './sessions.ts';

export interface NewAccount {
  email: string;
  displayName: string;
  locale: Locale;
  country: string | null;
  phone: string | null;
  timeZone: string;
  roles: string[];
  passwordHash: string | null;
  confirmed: boolean;
  /** Who brought this person. */
  referrerId?: string | undefined;
}

/** Whoever takes an address, new or instead of another one, waits for the others who want it. */
export async function lockAddress(tx: Tx, email: string): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtext('auth.email'), hashtext(${emailKey(email)}))::text as locked`);
}

/** The account and its event (E1). Undefined when the address is taken, also by somebody of this very moment. */
export async function createAccount(tx: Tx, ctx: AuthContext, of: NewAccount): Promise<string | undefined> {
  const userId = newId();
  await lockAddress(tx, of.email);
  const made = await tx.run(sql`
    insert into accounts (user_id, email, email_key, email_confirmed, password_hash, display_name, locale, created_at)
    values (${userId}, ${of.email}, ${emailKey(of.email)}, ${of.confirmed}, ${of.passwordHash}, ${of.displayName}, ${of.locale}, ${ctx.clock.now()})
    on conflict (email_key) do nothing`);
  if (made === 0) return undefined;
  const { email, displayName, locale, country, phone, timeZone, roles, confirmed } = of;
  const person = { userId, email, displayName, locale, country, phone, timeZone, roles, confirmed };
  tx.emit(authEvents.userRegistered, userId, { ...person, referrerId: of.referrerId ?? null });
  if (confirmed) tx.emit(authEvents.emailConfirmed, userId, { userId, email });
  return userId;
}

/** Tokens made before say that the address is unconfirmed: they are refreshed at their next use. */
export async function markConfirmed(tx: Tx, ctx: AuthContext, userId: string): Promise<void> {
  const account = await lockAccount(tx, userId);
  if (!account || account.emailConfirmed) return;
  await tx.run(sql`update accounts set email_confirmed = true where user_id = ${userId}`);
  tx.emit(authEvents.emailConfirmed, userId, { userId, email: account.email });
  await makeTokensStale(tx, ctx, userId);
}
