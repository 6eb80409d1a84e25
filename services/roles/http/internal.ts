import { rolesEvents } from '#contracts/roles/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { RolesHandlers } from '../context.ts';
import {
  listRoles as allRoles,
  lockAssignments,
  lockRole,
  remember,
  replaceRoles,
  rightsOf,
  type RoleRow,
  roleColumns,
  rolesOf,
} from '../data/roles.ts';
import { catalogue, openPermissions } from '../domain/catalogue.ts';
import { asSet, atStake, beyondOwn, difference, explainText, lostControl } from '../domain/rules.ts';

export function roleView({ name, title, builtIn, permissions, version, updatedAt }: RoleRow) {
  return { name, title, builtIn, permissions, version, updatedAt: updatedAt.toISOString() };
}

export const getRights: RolesHandlers['getRights'] = async (ctx, req) => ({
  body: { userId: req.params.userId, ...(await rightsOf(ctx.db, req.params.userId)) },
});

export const checkPermission: RolesHandlers['checkPermission'] = async (ctx, req) => {
  const { userId, permission } = req.query;
  const roles = await rolesOf(ctx.db, userId);
  const granting = roles.filter((role) => role.permissions.includes(permission)).map((role) => role.name);
  const names = roles.map((role) => role.name);
  return { body: { allowed: granting.length > 0, why: explainText(permission, names, granting, req.locale) } };
};

export const listRoles: RolesHandlers['listRoles'] = async (ctx) => ({
  body: { items: (await allRoles(ctx.db)).map(roleView) },
});

async function refuseBeyondOwn(tx: Tx, actorId: string, permissions: readonly string[]): Promise<void> {
  const own = (await rightsOf(tx, actorId)).permissions;
  const beyond = beyondOwn(permissions, own, openPermissions());
  if (beyond.length > 0) throw new Problem('roles.more_than_own', { detail: beyond.slice(0, 10).join(', ') });
}

export const putRole: RolesHandlers['putRole'] = async (ctx, req) => {
  const { actorId, title, reason, version } = req.body;
  const { name } = req.params;
  const permissions = asSet(req.body.permissions);
  const known = catalogue().map((one) => one.permission);
  return await req.tx(async (tx) => {
    await lockAssignments(tx);
    const row = await lockRole(tx, name);
    const before = row?.permissions ?? [];
    // What a former release declared may stay; nothing unknown is added.
    const unknown = difference(difference(permissions, before), known);
    if (unknown.length > 0) throw new Problem('roles.unknown_permission', { detail: unknown.join(', ') });
    if (version !== null && version !== (row?.version ?? 0)) throw new Problem('version_mismatch');
    await refuseBeyondOwn(tx, actorId, [...difference(permissions, before), ...difference(before, permissions)]);
    const lost = lostControl(name, permissions, known);
    if (lost.length > 0) throw new Problem('roles.would_lock_out', { detail: lost.join(', ') });
    const now = ctx.clock.now();
    const saved = await tx.one<RoleRow>(sql`
      insert into roles (name, role_id, title, built_in, permissions, updated_at)
      values (${name}, ${newId()}, ${JSON.stringify(title)}, false, ${permissions}, ${now})
      on conflict (name) do update set title = excluded.title, permissions = excluded.permissions, version = roles.version + 1, updated_at = excluded.updated_at
      returning ${roleColumns}`);
    await remember(tx, {
      at: now,
      actorId,
      action: row ? 'changed' : 'created',
      role: name,
      before,
      after: permissions,
      reason,
    });
    tx.emit(rolesEvents.roleChanged, saved.roleId, { role: name, actorId, permissions, before, reason }, saved.version);
    return { body: roleView(saved), version: saved.version };
  });
};

export const assignRoles: RolesHandlers['assignRoles'] = async (ctx, req) => {
  const { actorId, reason } = req.body;
  const { userId } = req.params;
  const roles = asSet(req.body.roles);
  return await req.tx(async (tx) => {
    await lockAssignments(tx);
    const all = await allRoles(tx);
    const unknown = difference(
      roles,
      all.map((role) => role.name),
    );
    if (unknown.length > 0) throw new Problem('roles.unknown_role', { detail: unknown.join(', ') });
    const before = (await rightsOf(tx, userId)).roles;
    await refuseLastAdmin(tx, userId, before, roles);
    await refuseBeyondOwn(tx, actorId, atStake(all, before, roles));
    if (before.join() !== roles.join()) {
      const erased = await tx.maybe(sql`select 1 from erased_users where user_id = ${userId}`);
      if (erased) throw new Problem('conflict', { detail: 'the user is erased' });
      const now = ctx.clock.now();
      await replaceRoles(tx, userId, roles, now);
      await remember(tx, { at: now, actorId, action: 'assigned', userId, before, after: roles, reason });
      tx.emit(rolesEvents.assignmentChanged, userId, { userId, actorId, roles, before, reason });
    }
    return { body: { userId, roles, before } };
  });
};

async function refuseLastAdmin(
  tx: Tx,
  userId: string,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  if (!before.includes('admin') || after.includes('admin')) return;
  const { others } = await tx.one<{ others: number }>(
    sql`select count(*)::int as others from assignments where role = 'admin' and user_id <> ${userId}`,
  );
  if (others === 0) throw new Problem('roles.last_admin');
}

export const listMembers: RolesHandlers['listMembers'] = async (ctx, req) => {
  const rows = await ctx.db.many<{ userId: string; since: Date }>(sql`
    select user_id as "userId", since from assignments where role = ${req.params.name}
    order by since, user_id limit ${req.query.limit}`);
  return { body: { items: rows.map((row) => ({ userId: row.userId, since: row.since.toISOString() })) } };
};
