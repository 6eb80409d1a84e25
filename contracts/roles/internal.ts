import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { bilingual, id, text, timestamp } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const roleName = z.string().regex(/^[a-z][a-z0-9_-]{1,40}$/);
export const role = z.object({
  name: roleName,
  title: bilingual,
  builtIn: z.boolean(),
  permissions: z.array(z.string()),
  version: z.number().int(),
  updatedAt: timestamp,
});

export const rolesInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  /** A user without any assignment has no roles and no permissions; that is not an error. */
  getRights: route({
    method: 'GET',
    path: '/internal/users/{userId}/rights',
    summary: 'Roles and permissions of a user',
    rows: ['I12', 'R3'],
    access: internal,
    params: z.object({ userId: id }),
    reply: z.object({ userId: id, roles: z.array(z.string()), permissions: z.array(z.string()) }),
  }),
  checkPermission: route({
    method: 'GET',
    path: '/internal/checks',
    summary: 'Whether a user has a permission now, and why',
    rows: ['I15', 'R3'],
    access: internal,
    query: z.object({ userId: id, permission: z.string().max(100) }),
    reply: z.object({ allowed: z.boolean(), why: z.string() }),
  }),
  listRoles: route({
    method: 'GET',
    path: '/internal/roles',
    summary: 'All roles',
    rows: ['I13'],
    access: internal,
    reply: z.object({ items: z.array(role) }),
  }),
  putRole: route({
    method: 'PUT',
    path: '/internal/roles/{name}',
    summary: 'Create or change a role',
    rows: ['I13', 'R2'],
    access: internal,
    params: z.object({ name: roleName }),
    body: z.strictObject({
      actorId: id,
      title: bilingual,
      permissions: z.array(z.string()).max(500),
      reason: text(3, 500),
      version: z.number().int().nullable(),
    }),
    reply: role,
    errors: ['roles.would_lock_out', 'roles.more_than_own', 'roles.unknown_permission'],
  }),
  assignRoles: route({
    method: 'PUT',
    path: '/internal/users/{userId}/roles',
    summary: 'Set the roles of a user',
    rows: ['I13', 'R1'],
    access: internal,
    params: z.object({ userId: id }),
    body: z.strictObject({ actorId: id, roles: z.array(roleName).max(20), reason: text(3, 500) }),
    reply: z.object({ userId: id, roles: z.array(z.string()), before: z.array(z.string()) }),
    errors: ['roles.last_admin', 'roles.more_than_own', 'roles.unknown_role'],
  }),
  listMembers: route({
    method: 'GET',
    path: '/internal/roles/{name}/members',
    summary: 'Who has a role',
    rows: ['I13', 'D2'],
    access: internal,
    params: z.object({ name: roleName }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
    reply: z.object({ items: z.array(z.object({ userId: id, since: timestamp })) }),
  }),
};
