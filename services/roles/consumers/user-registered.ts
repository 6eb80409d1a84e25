import { rolesEvents } from '#contracts/roles/events.ts';
import type { rolesContract } from '#contracts/roles/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { RolesContext } from '../context.ts';
import { listRoles, lockAssignments, remember, replaceRoles, rightsOf } from '../data/roles.ts';
import { asSet } from '../domain/rules.ts';

type C = Consumers<typeof rolesContract, RolesContext>;

/** First roles of a new user. Roles that somebody has given him meanwhile stay; who was erased meanwhile gets none. */
export const userRegistered: C['userRegistered'] = async (ctx, event) => async (tx) => {
  const { userId } = event.data;
  await lockAssignments(tx);
  if (await tx.maybe(sql`select 1 from erased_users where user_id = ${userId}`)) return;
  const known = new Set((await listRoles(tx)).map((role) => role.name));
  // Roles come with the start of this service: an event that arrives before is taken up again.
  if (!known.has('client')) throw new Error('the built-in roles are not there yet');
  const before = (await rightsOf(tx, userId)).roles;
  const roles = asSet([...before, ...event.data.roles.filter((name) => known.has(name))]);
  if (roles.join() === before.join()) return;
  const now = ctx.clock.now();
  const reason = 'registration';
  await replaceRoles(tx, userId, roles, now);
  await remember(tx, { at: now, actorId: null, action: 'assigned', userId, before, after: roles, reason });
  tx.emit(rolesEvents.assignmentChanged, userId, { userId, actorId: null, roles, before, reason });
};
