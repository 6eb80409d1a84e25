import type { AuthContext } from '../context.ts';
import { emailKey } from '../domain/addresses.ts';
import { accountByEmail } from './accounts.ts';
import { createAccount } from './new-account.ts';

/** Makes the first admin from the settings, once across replicas. Never with a default password. */
export async function makeFirstAdmin(ctx: AuthContext): Promise<void> {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = ctx.config;
  if (!email || !password) return;
  if (await accountByEmail(ctx.db, emailKey(email))) return;
  const passwordHash = await ctx.hasher.hash(password);
  await ctx.db.tx((tx) =>
    createAccount(tx, ctx, {
      email,
      displayName: 'Администратор',
      locale: 'ru',
      country: null,
      phone: null,
      timeZone: 'Europe/Moscow',
      roles: ['admin'],
      passwordHash,
      confirmed: true,
    }),
  );
}
