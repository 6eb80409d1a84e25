import type { notificationsContract } from '#contracts/notifications/index.ts';
import type { Consumers, ContextOf, Handlers } from '#kit/service/types.ts';
import type { notificationsConfig } from './config.ts';
import type { Mailer } from './mail/mailer.ts';
import type { WebhookSender } from './webhooks/sender.ts';

export type BaseContext = ContextOf<typeof notificationsContract, typeof notificationsConfig>;
export type NotificationsContext = BaseContext & { readonly mailer: Mailer; readonly webhooks: WebhookSender };
export type NotificationsHandlers = Handlers<typeof notificationsContract, NotificationsContext>;
export type NotificationsConsumers = Consumers<typeof notificationsContract, NotificationsContext>;
