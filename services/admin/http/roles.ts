import { Problem } from '#kit/problem.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { isAbove } from '../domain/privilege.ts';
import { maskEmail } from '../domain/redact.ts';
import { mapLimited } from '../domain/map-limited.ts';

/** The roles whose members are staff. */
const STAFF_ROLES = ['support', 'admin'] as const;
const MAX_STAFF = 200;

export const listRoles: AdminHandlers['listRoles'] = async (ctx) => ({
  body: await ctx.clients.roles.listRoles({}),
});

export const putRole: AdminHandlers['putRole'] = async (ctx, req) => {
  const { name } = req.params;
  const { reason, ...wanted } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'role.put', targetKind: 'role', targetId: name, reason, wanted },
    {
      async call() {
        const { items } = await ctx.clients.roles.listRoles({});
        const before = items.find((role) => role.name === name);
        const body = { actorId: req.user.userId, reason, ...wanted };
        return { before, after: await ctx.clients.roles.putRole({ params: { name }, body }) };
      },
      write: async (_tx, { before, after }) => ({
        body: after,
        version: after.version,
        before: before && { title: before.title, permissions: before.permissions },
        after: { title: after.title, permissions: after.permissions },
      }),
    },
  );
};

export const assignRoles: AdminHandlers['assignRoles'] = async (ctx, req) => {
  const { userId } = req.params;
  const { roles, reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'user.roles', targetKind: 'user', targetId: userId, reason: reason, wanted: { roles } },
    {
      call: () =>
        ctx.clients.roles.assignRoles({ params: { userId }, body: { actorId: req.user.userId, roles, reason } }),
      write: async (_tx, result) => ({
        body: result,
        before: { roles: result.before },
        after: { roles: result.roles },
      }),
    },
  );
};

export const listStaff: AdminHandlers['listStaff'] = async (ctx) => {
  const members = new Map<string, { since: string; roles: string[] }>();
  for (const name of STAFF_ROLES) {
    const { items } = await ctx.clients.roles.listMembers({ params: { name }, query: { limit: MAX_STAFF } });
    for (const { userId, since } of items) {
      const known = members.get(userId);
      if (known) known.roles.push(name);
      else members.set(userId, { since, roles: [name] });
    }
  }
  const loads = await loadsOf(ctx, [...members.keys()]);
  const items = await mapLimited([...members], 8, async ([userId, { since, roles }]) => {
    const user = await ctx.clients.users.getUser({ params: { userId } }).catch(() => undefined);
    const load = loads?.get(userId);
    return {
      userId,
      displayName: user?.displayName ?? '',
      email: user?.email ?? '',
      status: user?.status ?? 'active',
      roles,
      since,
      openTickets: load?.openTickets ?? 0,
      present: loads ? (load?.present ?? false) : null,
      shifts: load?.shifts ?? null,
    };
  });
  return { body: { items } };
};

/** Presence, shifts and load of the members; undefined while support is away, the list is worth showing all the same. */
async function loadsOf(ctx: AdminContext, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>();
  const known = await ctx.clients.support
    .getStaffLoad({ query: { ids: ids.slice(0, MAX_STAFF * 2).join(',') } })
    .catch((error: unknown) => ctx.log.warn({ err: error }, 'the load of the staff is not known'));
  return known && new Map(known.items.map((load) => [load.userId, load]));
}

/** The shifts of a member of staff are kept by support, which assigns by them. */
export const putShifts: AdminHandlers['putShifts'] = async (ctx, req) => {
  const { userId } = req.params;
  return await audited(
    ctx,
    req,
    { action: 'staff.shifts', targetKind: 'user', targetId: userId, wanted: req.body },
    {
      call: () => ctx.clients.support.putShifts({ params: { userId }, body: req.body }),
      write: async (_tx, load) => ({ body: load }),
    },
  );
};

export const inviteStaff: AdminHandlers['inviteStaff'] = async (ctx, req) => {
  const { email, displayName, roles, locale, reason } = req.body;
  return await audited(
    ctx,
    req,
    {
      action: 'staff.invite',
      targetKind: 'user',
      targetId: maskEmail(email),
      reason,
      wanted: { email: maskEmail(email), roles },
    },
    {
      /** Nobody hands out by mail what he may not hand out by assignment. */
      async check() {
        const known = await ctx.clients.roles.listRoles({});
        for (const name of roles) {
          const role = known.items.find((one) => one.name === name);
          if (!role) throw new Problem('roles.unknown_role', { detail: name, status: 400 });
          if (isAbove(role.permissions, req.user.permissions, known.items))
            throw new Problem('admin.above_own', { detail: name });
        }
      },
      call: () =>
        ctx.clients.auth.createInvitation({ body: { email, displayName, roles, invitedBy: req.user.userId, locale } }),
      write: async (_tx, result) => ({ body: result, targetId: result.userId }),
    },
  );
};
