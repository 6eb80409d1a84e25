import { rolesContract } from '#contracts/roles/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { rolesConfig } from './config.ts';
import { userErased } from './consumers/user-erased.ts';
import { userRegistered } from './consumers/user-registered.ts';
import { seedRoles } from './data/seed.ts';
import { assignRoles, checkPermission, getRights, listMembers, listRoles, putRole } from './http/internal.ts';
import {
  explain,
  getAssignments,
  getOwnRights,
  getRoleHistory,
  listAllRoles,
  listPermissions,
  takeOwnRole,
} from './http/public.ts';
import { personalData } from './data/personal-data.ts';

/** Users' roles and what they may do (R1–R3, I12, I13, I15). */
export const rolesService = defineService({
  contract: rolesContract,
  config: rolesConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: () => ({}),
  http: {
    ...personalData,
    ...vitals,
    getOwnRights,
    takeOwnRole,
    listAllRoles,
    listPermissions,
    getRoleHistory,
    getAssignments,
    explain,
    getRights,
    checkPermission,
    listRoles,
    putRole,
    assignRoles,
    listMembers,
  },
  owners: {},
  on: { userRegistered, userErased },
  jobs: {},
  ready: (ctx) => seedRoles(ctx.db, ctx.clock.now()),
});
