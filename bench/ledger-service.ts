/** Payments (and users, whom it asks who somebody is) as a process of their own, with people who have money. Ends with its parent. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { systemClock } from '#kit/clock.ts';
import { createLogger } from '#kit/log.ts';
import { createServiceCredential } from '#kit/service/principal.ts';
import type { PaymentsContext } from '#services/payments/context.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import { providerSettings, topUp } from './ledger-books.ts';

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
const known = async () =>
  (await Promise.allSettled(users.map((userId) => payments.clients.users.getIdentity({ params: { userId } })))).every(
    (one) => one.status === 'fulfilled',
  );
while (!(await known())) await new Promise((resolve) => setTimeout(resolve, 50));

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
