import { z } from 'zod';
import { id } from '../common/values.ts';

/** Gateways say here who has an open socket with them. Transient: all of it is told again every half minute and on request. */
export const PRESENCE_CHANNEL = 'presence';
/** Asks every gateway to tell all of it now. */
export const PRESENCE_REQUEST_CHANNEL = 'presence.request';
/** Who was not named for so long, in milliseconds, is gone: his gateway died. */
export const PRESENCE_LASTS_MS = 75_000;

export const presenceBroadcast = z.object({
  /** The process that holds the sockets. */
  gateway: z.string(),
  /** People with a socket there. */
  here: z.array(id),
  /** People whose last socket there closed. */
  gone: z.array(id),
});
export type PresenceBroadcast = z.infer<typeof presenceBroadcast>;
