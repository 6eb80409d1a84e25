import { authEvents } from '#contracts/auth/events.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Origin } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';
import { deviceOf, placeOf } from '../domain/addresses.ts';

type Kind =
  | 'password_changed'
  | 'factor_added'
  | 'factor_removed'
  | 'email_changed'
  | 'phone_changed'
  | 'recovery_code_used'
  | 'recovery_codes_renewed'
  | 'sessions_ended';

/** The owner hears of it by mail. */
export function notice(tx: Tx, ctx: AuthContext, userId: string, kind: Kind, origin: Origin): void {
  tx.emit(authEvents.securityNotice, userId, {
    userId,
    kind,
    device: deviceOf(origin.userAgent),
    place: placeOf(origin.ip),
    at: ctx.clock.now().toISOString(),
  });
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Refused sign-ins reach the audit log (P4). */
export async function signInWasRefused(ctx: AuthContext, userId: string | null, reason: string): Promise<void> {
  await ctx.db.tx(async (tx) => tx.emit(authEvents.signInRefused, userId ?? NOBODY, { userId, reason }));
}
