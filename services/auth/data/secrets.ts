import { authEvents } from '#contracts/auth/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { hashToken, newId, randomCode, randomToken } from '#kit/ids.ts';
import { mailboxKey } from '../domain/addresses.ts';
import type { Sealer } from '../domain/sealing.ts';

export type Purpose =
  | 'confirm_email'
  | 'reset_password'
  | 'sign_in_code'
  | 'change_email'
  | 'verify_phone'
  | 'invitation'
  | 'already_registered'
  | 'email_replaced';

const LIFE_MS: Readonly<Record<Purpose, number>> = {
  confirm_email: 24 * 3_600_000,
  reset_password: 30 * 60_000,
  sign_in_code: 10 * 60_000,
  change_email: 3_600_000,
  verify_phone: 10 * 60_000,
  invitation: 7 * 24 * 3_600_000,
  already_registered: 24 * 3_600_000,
  email_replaced: 24 * 3_600_000,
};
const WITH_CODE: readonly Purpose[] = ['confirm_email', 'sign_in_code', 'change_email', 'verify_phone'];
const WITH_LINK: readonly Purpose[] = ['confirm_email', 'reset_password', 'invitation'];
/** Wrong codes before a secret is dead. */
const MAX_ATTEMPTS = 5;
/** Messages for one purpose to one person, or one mailbox, in an hour: nobody's mailbox or telephone is flooded through us. */
const MOST_PER_HOUR = 6;

export interface SecretRow {
  secretId: string;
  userId: string;
  purpose: Purpose;
  codeSealed: string | null;
  linkSealed: string | null;
  destination: string | null;
  locale: Locale;
  passwordHash: string | null;
  expiresAt: Date;
}

const columns = sql`secret_id as "secretId", user_id as "userId", purpose, code_sealed as "codeSealed", link_sealed as "linkSealed",
  destination, locale, password_hash as "passwordHash", expires_at as "expiresAt"`;

export interface NewSecret {
  userId: string;
  purpose: Purpose;
  channel: 'email' | 'sms';
  destination: string | null;
  locale: Locale;
  /** Of the registration that is confirmed by it. */
  passwordHash?: string | null;
  now: Date;
}

/**
 * Makes a code or link for a person and asks for its message. Earlier ones stay good until one is used: asking again
 * voids nothing. Undefined when the hour's number is reached; then nothing is sent.
 */
export async function sendSecret(
  tx: Tx,
  sealer: Sealer,
  of: NewSecret,
): Promise<{ secretId: string; expiresAt: Date } | undefined> {
  const mailbox = of.destination === null ? null : hashToken(mailboxKey(of.destination));
  // Who asks for the same mailbox at the same moment waits: together they get no more than its number.
  await tx.one(
    sql`select pg_advisory_xact_lock(hashtext('auth.message'), hashtext(${mailbox ?? of.userId}))::text as locked`,
  );
  const { sent } = await tx.one<{ sent: number }>(sql`
    select count(*)::int as sent from message_secrets
    where (user_id = ${of.userId} or mailbox = ${mailbox}) and purpose = ${of.purpose} and created_at > ${new Date(of.now.getTime() - 3_600_000)}`);
  if (sent >= MOST_PER_HOUR) return undefined;
  const secretId = newId();
  const code = WITH_CODE.includes(of.purpose) ? randomCode(6) : null;
  const link = WITH_LINK.includes(of.purpose) ? randomToken(32) : null;
  const expiresAt = new Date(of.now.getTime() + LIFE_MS[of.purpose]);
  await tx.run(sql`
    insert into message_secrets (secret_id, user_id, purpose, code_sealed, code_hash, link_sealed, link_hash, destination, mailbox, locale, password_hash, created_at, expires_at)
    values (${secretId}, ${of.userId}, ${of.purpose}, ${code && (await sealer.seal(code))}, ${code && hashToken(`${secretId}:${code}`)},
      ${link && (await sealer.seal(link))}, ${link && hashToken(link)}, ${of.destination}, ${mailbox}, ${of.locale}, ${of.passwordHash ?? null}, ${of.now}, ${expiresAt})`);
  const { userId, channel, purpose, locale } = of;
  tx.emit(authEvents.messageRequested, userId, { userId, secretId, channel, purpose, locale });
  return { secretId, expiresAt };
}

export function secretById(db: Queries, secretId: string, now: Date): Promise<SecretRow | undefined> {
  return db.maybe<SecretRow>(
    sql`select ${columns} from message_secrets where secret_id = ${secretId} and used_at is null and expires_at > ${now}`,
  );
}

/** Uses a code up, with all others for the purpose. A wrong one counts against each of them; undefined when none fits. */
export async function useCode(
  tx: Tx,
  userId: string,
  purpose: Purpose,
  code: string,
  now: Date,
): Promise<SecretRow | undefined> {
  const rows = await tx.many<SecretRow & { codeHash: string }>(sql`
    select ${columns}, code_hash as "codeHash" from message_secrets
    where user_id = ${userId} and purpose = ${purpose} and used_at is null and expires_at > ${now} and attempts < ${MAX_ATTEMPTS} and code_hash is not null
    order by secret_id for update`);
  const fitting = rows.find((row) => row.codeHash === hashToken(`${row.secretId}:${code}`));
  if (!fitting) {
    const tried = rows.map((row) => row.secretId);
    await tx.run(sql`update message_secrets set attempts = attempts + 1 where secret_id = any(${tried}::uuid[])`);
    return undefined;
  }
  await voidSecrets(tx, userId, [purpose], now);
  return fitting;
}

/** Uses a link up, with all others for the purpose; undefined when it does not fit. */
export async function useLink(tx: Tx, purpose: Purpose, token: string, now: Date): Promise<SecretRow | undefined> {
  const row = await tx.maybe<SecretRow>(sql`
    select ${columns} from message_secrets
    where link_hash = ${hashToken(token)} and purpose = ${purpose} and used_at is null and expires_at > ${now} for update`);
  if (row) await voidSecrets(tx, row.userId, [purpose], now);
  return row;
}

/** What was sent is of no use any more. */
export async function voidSecrets(tx: Tx, userId: string, purposes: readonly Purpose[], now: Date): Promise<void> {
  await tx.run(sql`
    update message_secrets set used_at = ${now}, code_sealed = null, code_hash = null, link_sealed = null, link_hash = null, password_hash = null
    where user_id = ${userId} and purpose = any(${[...purposes]}::text[]) and used_at is null`);
}
