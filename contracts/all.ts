/** Every contract of the platform. */
import { usersContract } from './users/index.ts';
import { authContract } from './auth/index.ts';
import { rolesContract } from './roles/index.ts';
import { ordersContract } from './orders/index.ts';
import { messengerContract } from './messenger/index.ts';
import { notificationsContract } from './notifications/index.ts';
import { paymentsContract } from './payments/index.ts';
import { supportContract } from './support/index.ts';
import { analyticsContract } from './analytics/index.ts';
import { adminContract } from './admin/index.ts';
import { gatewayContract } from './gateway/index.ts';

export const contracts = {
  users: usersContract,
  auth: authContract,
  roles: rolesContract,
  orders: ordersContract,
  messenger: messengerContract,
  notifications: notificationsContract,
  payments: paymentsContract,
  support: supportContract,
  analytics: analyticsContract,
  admin: adminContract,
  gateway: gatewayContract,
} as const;
