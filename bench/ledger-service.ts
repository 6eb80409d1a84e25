/** Payments (and users, whom it asks who somebody is) as a process of their own, with people who have money. Ends with its parent. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { systemClock } from '#kit/clock.ts';
import { createLogger } from '#kit/log.ts';
import { createServiceCredential } from '#kit/service/principal.ts';
import type { PaymentsContext } from '#services/payments/context.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import { providerSettings, topUp } from './ledger-books.ts';

const KNOWN_WITHIN_MS = 60_000;
const ASKED_AT_ONCE = 20;

const [databaseUrl = '', port = '0', people = '1000', amqpUrl, amqpPrefix] = process.argv.slice(2);
const masterSecret = 'bench-bench-bench-bench-bench-bench-bench';
const keys = serviceKeys({ masterSecret });
const platform = await startPlatform({
  services: ['users', 'payments', 'roles'],
  env: providerSettings,
  adminUrl: databaseUrl,
  ...(amqpUrl === undefined || amqpUrl === '' ? {} : { amqpUrl, amqpPrefix }),
  migrate: true,
  clock: systemClock,
  log: createLogger({ level: 'silent', pretty: false }),
  masterSecret,
  serviceKeys: keys,
  publicUrl: 'http://127.0.0.1',
  filesFolder: join(temporaryFolder().path, 'files'),
  poolMax: 10,
  addresses: {},
  listen: (service) => (service === 'payments' ? { host: '127.0.0.1', port: Number(port) } : undefined),
});
const users = Array.from({ length: Number(people) }, () => randomUUID());
await platform.bus.publish(
  users.map((userId) => ({
    specversion: '1.0',
    id: randomUUID(),
    type: 'auth.user.registered.v1',
    source: '/services/auth',
    subject: userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: {
      userId,
      email: `${userId}@example.com`,
      displayName: 'Bench',
      locale: 'ru',
      country: null,
      phone: null,
      timeZone: 'Europe/Moscow',
      roles: ['client'],
      confirmed: true,
    },
  })),
);
const payments = platform.host.service('payments')?.ctx as unknown as PaymentsContext;
await Promise.all(users.map((userId) => payments.books.submit(topUp(userId))));
// They become known by events. Asked for a few at a time: a call has its deadline, and a slow machine does not answer a thousand within it.
const knows = (userId: string) =>
  payments.clients.users.getIdentity({ params: { userId } }).then(
    () => true,
    () => false,
  );
const until = Date.now() + KNOWN_WITHIN_MS;
for (let at = 0; at < users.length; ) {
  const known = await Promise.all(users.slice(at, at + ASKED_AT_ONCE).map(knows));
  if (known.every(Boolean)) at += ASKED_AT_ONCE;
  else if (Date.now() > until) throw new Error('the people of the ledger did not become known');
  else await sleep(50);
}

// As a ledger that has been in use: the database has seen its tables with rows in them (pgbench's are analysed as well).
const owner = new pg.Client({ connectionString: databaseUrl });
await owner.connect();
await owner.query('vacuum analyze');
await owner.end();

/** Orders is who sets money aside; the benchmark speaks with its key. */
const orders = await createServiceCredential({
  service: 'orders',
  privateKey: keys.privateKey('orders'),
  publicKeys: keys.publicKeys,
});
process.send?.({ users, token: await orders.tokenFor('payments') });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void platform.close().finally(() => process.exit(0)));
