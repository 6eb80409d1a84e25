import { Secret, TOTP } from 'otpauth';
import { sql, type Tx } from '#kit/db/db.ts';
import { hashToken, randomToken } from '#kit/ids.ts';
import type { AuthContext } from '../context.ts';
import { factorsOf, lockAccount } from './accounts.ts';
import { useCode } from './secrets.ts';

const STEP_S = 30;
const RECOVERY_CODES = 10;

export function totpOf(secret: string, label: string): TOTP {
  return new TOTP({
    issuer: 'Artel',
    label,
    secret: Secret.fromBase32(secret),
    period: STEP_S,
    digits: 6,
    algorithm: 'SHA1',
  });
}

export type CodeFactor = 'totp' | 'email' | 'sms' | 'recovery';

/** Whether a code of a factor that is on fits; it is used up by that (A4). */
export async function checkFactor(
  tx: Tx,
  ctx: AuthContext,
  userId: string,
  factor: CodeFactor,
  code: string,
): Promise<boolean> {
  const account = await lockAccount(tx, userId);
  if (!account || !factorsOf(account).includes(factor)) return false;
  if (factor === 'totp') return await checkTotp(tx, ctx, userId, code);
  const now = ctx.clock.now();
  if (factor === 'recovery') {
    const used = await tx.run(sql`
      update recovery_codes set used_at = ${now}
      where user_id = ${userId} and code_hash = ${hashToken(foldRecoveryCode(code))} and used_at is null`);
    return used === 1;
  }
  return (await useCode(tx, userId, 'sign_in_code', code.trim(), now)) !== undefined;
}

/** RFC 6238: a window of one step to each side, each step once. */
export async function checkTotp(tx: Tx, ctx: AuthContext, userId: string, code: string): Promise<boolean> {
  const account = await lockAccount(tx, userId);
  if (!account?.totpSecret) return false;
  const timestamp = ctx.clock.nowMs();
  const totp = totpOf(await ctx.sealer.open(account.totpSecret), account.email);
  const delta = totp.validate({ token: code.replace(/\s/g, ''), timestamp, window: 1 });
  if (delta === null) return false;
  const step = BigInt(Math.floor(timestamp / 1000 / STEP_S) + delta);
  if (step <= account.totpLastStep) return false;
  await tx.run(sql`update accounts set totp_last_step = ${step} where user_id = ${userId}`);
  return true;
}

/** As it was typed: with or without the hyphen, in capitals. */
function foldRecoveryCode(code: string): string {
  return code.replace(/[\s-]/g, '').toLowerCase();
}

/** Ten new codes of 80 bits, `xxxx-xxxx-…`; the old ones end. Shown once, kept as hashes. */
export async function makeRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789x';
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    [...Buffer.from(randomToken(16), 'base64url')].map((byte) => alphabet[byte % 32]).join(''),
  );
  await tx.run(sql`delete from recovery_codes where user_id = ${userId}`);
  await tx.run(sql`
    insert into recovery_codes (user_id, code_hash)
    select ${userId}, h from unnest(${codes.map(hashToken)}::text[]) as t (h)`);
  return codes.map((code) => (code.match(/.{4}/g) as string[]).join('-'));
}

/** Without a second factor there is nothing to recover. */
export async function dropIdleRecoveryCodes(tx: Tx, userId: string): Promise<void> {
  const account = await lockAccount(tx, userId);
  if (account && factorsOf(account).length === 0)
    await tx.run(sql`delete from recovery_codes where user_id = ${userId}`);
}
