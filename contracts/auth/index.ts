import { callee, consumed, defineContract } from '../common/define.ts';
import { rolesEvents } from '../roles/events.ts';
import { rolesInternal } from '../roles/internal.ts';
import { usersEvents } from '../users/events.ts';
import { authEvents } from './events.ts';
import { authInternal } from './internal.ts';
import { authErrors, authHttp, authPermissions } from './http.ts';

/** What auth promises and needs. */
export const authContract = defineContract({
  name: 'auth',
  title: { ru: 'Вход и безопасность', en: 'Authentication' },
  permissions: authPermissions,
  errors: authErrors,
  http: { ...authHttp, ...authInternal },
  events: authEvents,
  calls: {
    roles: callee(rolesInternal, { getRights: 'I12' }),
  },
  consumes: {
    assignmentChanged: consumed(rolesEvents.assignmentChanged, '+ a lost role acts at once'),
    roleChanged: consumed(rolesEvents.roleChanged, '+ a changed role acts at once'),
    userBlocked: consumed(usersEvents.userBlocked, '+ a blocked user cannot sign in'),
    userUnblocked: consumed(usersEvents.userUnblocked, '+ an unblocked user can sign in'),
    userErased: consumed(usersEvents.userErased, '+ erasure'),
  },
});
