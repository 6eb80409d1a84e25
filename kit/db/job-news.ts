/**
 * Who hears of a new job. The library announces each, of whatever schema and time, to all runners of a database, and each
 * then looks for work: with eleven services that is a score of looks in vain. So a runner hears only what is said here.
 */
import pg from 'pg';

const CHANNEL = 'jobs:insert';

/** Says that a job of `service` is due. Sent at the commit of the transaction that makes it. */
export function dueNews(service: string): { text: string; values: string[] } {
  return { text: 'select pg_notify($1, $2)', values: [CHANNEL, JSON.stringify({ of: service, count: 1 })] };
}

/** Connections of a runner that hears of its own service's jobs only. */
export function hearing(service: string): typeof pg.Client {
  const own = `"of":"${service}"`;
  return class extends pg.Client {
    override emit(event: string | symbol, ...told: unknown[]): boolean {
      if (event === 'notification') {
        const { channel, payload } = told[0] as pg.Notification;
        if (channel === CHANNEL && !payload?.includes(own)) return false;
      }
      return super.emit(event as 'notification', ...(told as [pg.Notification]));
    }
  };
}
