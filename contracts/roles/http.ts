import { z } from 'zod';
import { type ErrorDefinition, may, type Permission, route, signedIn } from '../common/define.ts';
import { bilingual, id, timestamp } from '../common/values.ts';
import { role, roleName } from './internal.ts';

const change = z.object({
  at: timestamp,
  actorId: id.nullable(),
  action: z.enum(['created', 'changed', 'assigned']),
  role: z.string().nullable(),
  userId: id.nullable(),
  before: z.array(z.string()),
  after: z.array(z.string()),
  reason: z.string(),
});

/** Public routes of roles, below `/api/v1`. Editing goes through the administration (I13). */
export const rolesHttp = {
  getOwnRights: route({
    method: 'GET',
    path: '/me/rights',
    summary: 'Own roles and permissions as they stand now',
    rows: ['R3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: z.object({ roles: z.array(z.string()), permissions: z.array(z.string()) }),
  }),
  takeOwnRole: route({
    method: 'POST',
    path: '/me/roles',
    summary: 'Open the other side of the account: work as a freelancer, order as a client',
    rows: ['R1', 'U2'],
    access: signedIn({ owner: 'self' }),
    body: z.strictObject({ role: z.enum(['freelancer', 'client']) }),
    reply: z.object({ roles: z.array(z.string()) }),
    status: 200,
    idempotency: 'optional',
    example: { body: { role: 'client' } },
  }),
  listAllRoles: route({
    method: 'GET',
    path: '/roles',
    summary: 'All roles with their permissions',
    rows: ['R1', 'R2'],
    access: may('roles.view'),
    reply: z.object({ items: z.array(role) }),
  }),
  listPermissions: route({
    method: 'GET',
    path: '/permissions',
    summary: 'Every permission that the services declare',
    rows: ['R2'],
    access: may('roles.view'),
    reply: z.object({ items: z.array(z.object({ permission: z.string(), service: z.string(), title: bilingual })) }),
  }),
  getRoleHistory: route({
    method: 'GET',
    path: '/roles/{name}/history',
    summary: 'Who changed a role, and how',
    rows: ['R2'],
    access: may('roles.view'),
    params: z.object({ name: roleName }),
    reply: z.object({ items: z.array(change) }),
    example: { params: { name: 'support' } },
  }),
  getAssignments: route({
    method: 'GET',
    path: '/role-assignments/{userId}',
    summary: 'Roles of a user, and who gave and took them',
    rows: ['R1'],
    access: may('roles.view'),
    params: z.object({ userId: id }),
    reply: z.object({
      userId: id,
      roles: z.array(z.object({ name: roleName, since: timestamp })),
      history: z.array(change),
    }),
    example: { params: { userId: '00000000-0000-7000-8000-000000000000' } },
  }),
  explain: route({
    method: 'GET',
    path: '/roles/explain',
    summary: 'Why a user may or may not do something: which role grants it, and whose the thing must be',
    rows: ['R3'],
    access: may('roles.view'),
    query: z.object({ user: id, permission: z.string().max(100) }),
    reply: z.object({
      allowed: z.boolean(),
      why: z.string(),
      roles: z.array(z.object({ name: z.string(), grants: z.boolean() })),
      /** Where the permission is asked for, and whose the thing must be besides; null: anybody's. */
      endpoints: z.array(
        z.object({ endpoint: z.string(), owner: z.string().nullable(), whose: z.string().nullable() }),
      ),
    }),
    example: { query: { user: '00000000-0000-7000-8000-000000000000', permission: 'orders.create' } },
  }),
};

export const rolesPermissions: Record<string, Permission> = {
  'roles.view': { title: { ru: 'Смотреть роли и права', en: 'See roles and permissions' }, roles: ['admin'] },
};

export const rolesErrors: Record<string, ErrorDefinition> = {
  'roles.last_admin': {
    status: 409,
    title: { ru: 'Последнего администратора нельзя убрать', en: 'The last admin can not be removed' },
  },
  'roles.more_than_own': {
    status: 403,
    title: { ru: 'Нельзя дать больше, чем есть у вас', en: 'Nobody gives more than he has' },
  },
  'roles.would_lock_out': {
    status: 409,
    title: {
      ru: 'Это лишило бы всех администраторов управления правами',
      en: 'This would leave nobody to manage rights',
    },
  },
  'roles.withdrawn': {
    status: 403,
    title: {
      ru: 'Эту роль у вас забрали, обратитесь в поддержку',
      en: 'This role was taken from you, ask the support',
    },
  },
  'roles.unknown_role': { status: 400, title: { ru: 'Нет такой роли', en: 'No such role' } },
  'roles.unknown_permission': { status: 400, title: { ru: 'Нет такого права', en: 'No such permission' } },
};
