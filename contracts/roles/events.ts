import { z } from 'zod';
import { event } from '../common/define.ts';
import { id } from '../common/values.ts';

export const rolesEvents = {
  assignmentChanged: event({
    type: 'roles.assignment.changed.v1',
    summary: 'The roles of a user changed',
    subject: 'userId',
    data: z.object({
      userId: id,
      actorId: id.nullable(),
      roles: z.array(z.string()),
      before: z.array(z.string()),
      reason: z.string(),
    }),
  }),
  roleChanged: event({
    type: 'roles.role.changed.v1',
    summary: 'The permissions of a role changed',
    subject: 'role name (UUID of the role)',
    data: z.object({
      role: z.string(),
      actorId: id.nullable(),
      permissions: z.array(z.string()),
      before: z.array(z.string()),
      reason: z.string(),
    }),
  }),
};
