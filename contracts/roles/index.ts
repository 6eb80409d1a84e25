import { callee, consumed, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { authEvents } from '../auth/events.ts';
import { usersEvents } from '../users/events.ts';
import { rolesEvents } from './events.ts';
import { rolesInternal } from './internal.ts';
import { rolesErrors, rolesHttp, rolesPermissions } from './http.ts';

/** What roles promises and needs. */
export const rolesContract = defineContract({
  name: 'roles',
  title: { ru: 'Роли и права', en: 'Roles and permissions' },
  permissions: rolesPermissions,
  errors: rolesErrors,
  http: { ...rolesHttp, ...rolesInternal },
  events: rolesEvents,
  calls: {
    auth: callee(authInternal, { getKeys: '+ keys of user tokens' }),
  },
  consumes: {
    userRegistered: consumed(authEvents.userRegistered, '+ first roles of a new user'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
