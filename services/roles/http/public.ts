import { rolesEvents } from '#contracts/roles/events.ts';
import { ownerRule } from '#contracts/common/owners.ts';
import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { RolesHandlers } from '../context.ts';
import {
  historyOfRole,
  historyOfUser,
  listRoles,
  lockAssignments,
  remember,
  replaceRoles,
  rightsOf,
  rolesOf,
  wasWithdrawn,
} from '../data/roles.ts';
import { catalogue, endpointsOf } from '../domain/catalogue.ts';
import { asSet, explainText } from '../domain/rules.ts';
import { roleView } from './internal.ts';

export const getOwnRights: RolesHandlers['getOwnRights'] = async (ctx, req) => ({
  body: await rightsOf(ctx.db, req.user.userId),
});

/** Not again what somebody else has taken away. */
export const takeOwnRole: RolesHandlers['takeOwnRole'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { userId } = req.user;
    const { role } = req.body;
    await lockAssignments(tx);
    const before = (await rightsOf(tx, userId)).roles;
    if (before.includes(role)) return { body: { roles: before } };
    if (await wasWithdrawn(tx, userId, role)) throw new Problem('roles.withdrawn');
    const roles = asSet([...before, role]);
    const now = ctx.clock.now();
    const reason = 'taken by the person';
    await replaceRoles(tx, userId, roles, now);
    await remember(tx, { at: now, actorId: userId, action: 'assigned', userId, before, after: roles, reason });
    tx.emit(rolesEvents.assignmentChanged, userId, { userId, actorId: userId, roles, before, reason });
    return { body: { roles } };
  });

export const listAllRoles: RolesHandlers['listAllRoles'] = async (ctx) => ({
  body: { items: (await listRoles(ctx.db)).map(roleView) },
});

export const listPermissions: RolesHandlers['listPermissions'] = async () => ({
  body: { items: catalogue().map(({ permission, service, title }) => ({ permission, service, title })) },
});

export const getRoleHistory: RolesHandlers['getRoleHistory'] = async (ctx, req) => {
  found(await ctx.db.maybe(sql`select 1 from roles where name = ${req.params.name}`));
  const rows = await historyOfRole(ctx.db, req.params.name);
  return { body: { items: rows.map((row) => ({ ...row, at: row.at.toISOString() })) } };
};

export const getAssignments: RolesHandlers['getAssignments'] = async (ctx, req) => {
  const { userId } = req.params;
  const roles = await ctx.db.many<{ name: string; since: Date }>(
    sql`select role as name, since from assignments where user_id = ${userId} order by role`,
  );
  const history = await historyOfUser(ctx.db, userId);
  return {
    body: {
      userId,
      roles: roles.map((row) => ({ name: row.name, since: row.since.toISOString() })),
      history: history.map((row) => ({ ...row, at: row.at.toISOString() })),
    },
  };
};

export const explain: RolesHandlers['explain'] = async (ctx, req) => {
  const { user, permission } = req.query;
  const roles = await rolesOf(ctx.db, user);
  const granting = roles.filter((role) => role.permissions.includes(permission)).map((role) => role.name);
  const names = roles.map((role) => role.name);
  return {
    body: {
      allowed: granting.length > 0,
      why: explainText(permission, names, granting, req.locale),
      roles: names.map((name) => ({ name, grants: granting.includes(name) })),
      endpoints: endpointsOf(permission).map(({ endpoint, owner }) => ({
        endpoint,
        owner,
        whose: owner && ownerRule(owner).title[req.locale],
      })),
    },
  };
};
