import type { Contact } from '#contracts/users/internal.ts';
import { isProblem } from '#kit/problem.ts';
import type { BaseContext } from './context.ts';

/** Most ids that users answers in one call. */
const PER_CALL = 100;

/** How people can be reached, now (I17). Asked for every time, never stored. Throws when users is away. */
export async function contactsOf(
  ctx: Pick<BaseContext, 'clients'>,
  userIds: Iterable<string>,
): Promise<ReadonlyMap<string, Contact>> {
  const ids = [...new Set(userIds)];
  const found = new Map<string, Contact>();
  for (let i = 0; i < ids.length; i += PER_CALL) {
    const { items } = await ctx.clients.users.getContacts({
      query: { ids: ids.slice(i, i + PER_CALL).join(',') },
      timeoutMs: 5_000,
    });
    for (const contact of items) found.set(contact.userId, contact);
  }
  return found;
}

/** The same where names and language are decoration: nobody when users is away. */
export async function contactsIfThere(
  ctx: Pick<BaseContext, 'clients' | 'log'>,
  userIds: Iterable<string>,
): Promise<ReadonlyMap<string, Contact>> {
  try {
    return await contactsOf(ctx, userIds);
  } catch (error) {
    ctx.log.debug({ code: isProblem(error) ? error.code : 'internal' }, 'names are left out');
    return new Map();
  }
}

export function nameOf(contact: Contact | undefined): string | undefined {
  return contact && contact.status !== 'erased' ? contact.displayName : undefined;
}
