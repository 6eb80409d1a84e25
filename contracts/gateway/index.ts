import { callee, defineContract } from '../common/define.ts';
import { authInternal } from '../auth/internal.ts';
import { gatewayEvents } from './events.ts';

/** What gateway promises and needs. */
export const gatewayContract = defineContract({
  name: 'gateway',
  title: { ru: 'API-шлюз', en: 'API gateway' },
  permissions: {},
  errors: {},
  http: {},
  events: gatewayEvents,
  calls: {
    auth: callee(authInternal, { getKeys: 'I11', checkSessions: 'I11' }),
  },
  consumes: {},
});
