import { randomUUID } from 'node:crypto';
import { PRESENCE_CHANNEL, PRESENCE_REQUEST_CHANNEL, type PresenceBroadcast } from '#contracts/gateway/presence.ts';
import type { Bus } from '#kit/bus/bus.ts';

/** What happens within so long is told at once. */
const GATHER_MS = 50;
const PER_BROADCAST = 500;

/** Says who has a socket here: what changed, soon; all of it at every heartbeat and when somebody asks. */
export class PresenceTeller {
  readonly #gateway = randomUUID();
  readonly #bus: Bus;
  readonly #here: () => Iterable<string>;
  /** True: came; false: left. The last word about a person counts. */
  readonly #changes = new Map<string, boolean>();
  #timer: NodeJS.Timeout | undefined;

  constructor(bus: Bus, here: () => Iterable<string>) {
    this.#bus = bus;
    this.#here = here;
  }

  async start(): Promise<{ close(): Promise<void> }> {
    return await this.#bus.listen(PRESENCE_REQUEST_CHANNEL, () => this.tellAll());
  }

  changed(userId: string, here: boolean): void {
    this.#changes.set(userId, here);
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    this.#timer.unref();
  }

  tellAll(): void {
    this.#send([...this.#here()], []);
  }

  /** All are gone from here: they open their next socket elsewhere. */
  close(): void {
    clearTimeout(this.#timer);
    this.#send([], [...this.#here()]);
  }

  #flush(): void {
    this.#timer = undefined;
    const changes = [...this.#changes];
    this.#changes.clear();
    const those = (here: boolean) => changes.filter((one) => one[1] === here).map(([userId]) => userId);
    this.#send(those(true), those(false));
  }

  #send(here: readonly string[], gone: readonly string[]): void {
    for (let at = 0; at < Math.max(here.length, gone.length); at += PER_BROADCAST) {
      const part = (ids: readonly string[]) => ids.slice(at, at + PER_BROADCAST);
      const broadcast: PresenceBroadcast = { gateway: this.#gateway, here: part(here), gone: part(gone) };
      this.#bus.broadcast(PRESENCE_CHANNEL, broadcast);
    }
  }
}
