import type { ServiceName } from '#contracts/common/define.ts';
import type { AnyService } from '#kit/service/types.ts';

/** The eleven services. Loaded when they are started, so that a process carries only what it runs. */
export const registry: Readonly<Record<ServiceName, () => Promise<AnyService>>> = {
  users: async () => (await import('#services/users/service.ts')).usersService,
  auth: async () => (await import('#services/auth/service.ts')).authService,
  roles: async () => (await import('#services/roles/service.ts')).rolesService,
  orders: async () => (await import('#services/orders/service.ts')).ordersService,
  messenger: async () => (await import('#services/messenger/service.ts')).messengerService,
  notifications: async () => (await import('#services/notifications/service.ts')).notificationsService,
  payments: async () => (await import('#services/payments/service.ts')).paymentsService,
  support: async () => (await import('#services/support/service.ts')).supportService,
  analytics: async () => (await import('#services/analytics/service.ts')).analyticsService,
  admin: async () => (await import('#services/admin/service.ts')).adminService,
  gateway: async () => (await import('#services/gateway/service.ts')).gatewayService,
};
