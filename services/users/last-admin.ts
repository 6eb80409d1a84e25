import { sql } from '#kit/db/db.ts';
import type { UsersContext } from './context.ts';

/**
 * Whether the platform would be left without an admin who can act (R1). `leaving`: admins whose own erasure is on its way
 * do not count either. Throws when roles is away.
 */
export async function isLastAdmin(ctx: UsersContext, userId: string, leaving: boolean): Promise<boolean> {
  const { items } = await ctx.clients.roles.listMembers({ params: { name: 'admin' }, query: { limit: 500 } });
  if (!items.some((member) => member.userId === userId)) return false;
  const others = items.map((member) => member.userId).filter((other) => other !== userId);
  const stays = await ctx.db.maybe(sql`
    select 1 from profiles where user_id = any(${others}::uuid[]) and status = 'active' and (not ${leaving} or erase_at is null) limit 1`);
  return stays === undefined;
}
