import { currentCall, remainingMs } from '#kit/call-context.ts';
import { Problem } from '#kit/problem.ts';

/**
 * Writes about one thing, one after the other in this process. They would wait for each other at its row's lock anyway, each
 * holding a connection: a crowd before one order would take the database from all others.
 */
export class Lines {
  private readonly last = new Map<string, Promise<void>>();

  /** Throws `timeout` when the call's time is over before its turn. */
  async run<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(thing);
    const { promise: mine, resolve: leave } = Promise.withResolvers<void>();
    this.last.set(thing, mine);
    try {
      await before;
      const call = currentCall();
      if (call && remainingMs(call) <= 0) throw new Problem('timeout');
      return await work();
    } finally {
      // Who is next has waited for this one, who has waited for all before.
      if (this.last.get(thing) === mine) this.last.delete(thing);
      leave();
    }
  }
}
