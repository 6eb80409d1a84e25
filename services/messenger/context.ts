import type { messengerContract } from '#contracts/messenger/index.ts';
import type { ContextOf, Handlers, Consumers } from '#kit/service/types.ts';
import type { messengerConfig } from './config.ts';
import type { PresenceBook } from './presence.ts';
import type { Sender } from './sending/group.ts';

export interface MessengerNeeds {
  /** Key of the short-lived addresses of files. */
  readonly linkKey: string;
  readonly presence: PresenceBook;
  readonly sender: Sender;
}
export type MessengerContext = ContextOf<typeof messengerContract, typeof messengerConfig, MessengerNeeds>;
export type MessengerHandlers = Handlers<typeof messengerContract, MessengerContext>;
export type MessengerConsumers = Consumers<typeof messengerContract, MessengerContext>;
