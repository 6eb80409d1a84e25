/** A call from one service to another in the same process: beside its handler called straight, and beside HTTP. */
import { createClients, remoteTransport } from '#kit/service/client.ts';
import { createServiceServer } from '#kit/service/http-server.ts';
import { createServiceCredential, createTokenVerifier } from '#kit/service/principal.ts';
import type { Req } from '#kit/service/types.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { ordersContract } from '#contracts/orders/index.ts';
import type { rolesContract } from '#contracts/roles/index.ts';
import type { OrdersContext } from '#services/orders/context.ts';
import { rolesService } from '#services/roles/service.ts';
import { bootPlatform, TEST_SECRET, type TestPlatform } from '#testing/env.ts';
import type { Bench, Contender, Running } from './bench.ts';
import { needs } from './needs.ts';

const IN_FLIGHT = 8;
const query = { userId: crypto.randomUUID(), permission: 'orders.create' };
type Call = () => Promise<unknown>;

let platform: Promise<TestPlatform> | undefined;
async function open(): Promise<TestPlatform> {
  process.env['TEST_DATABASE_URL'] = (await needs()).databaseUrl;
  return await bootPlatform({ services: ['orders', 'roles'] });
}
const opened = () => {
  platform ??= open();
  return platform;
};

function contender(
  name: string,
  role: Contender['role'],
  make: (at: TestPlatform) => Promise<{ call: Call; stop?: () => Promise<void> }>,
): Contender {
  return {
    name,
    role,
    async start(): Promise<Running> {
      const { call, stop } = await make(await opened());
      return {
        async turn(ms) {
          const begun = performance.now();
          let done = 0;
          await Promise.all(
            Array.from({ length: IN_FLIGHT }, async () => {
              for (; performance.now() - begun < ms; done++) await call();
            }),
          );
          return { value: done / ((performance.now() - begun) / 1000) };
        },
        stop: async () => stop?.(),
      };
    },
  };
}

/** What a service's server and its caller need to trust each other. */
async function overHttp(at: TestPlatform): Promise<{ call: Call; stop: () => Promise<void> }> {
  const keys = serviceKeys({ masterSecret: TEST_SECRET });
  const credentialOf = (service: 'orders' | 'roles') =>
    createServiceCredential({ service, privateKey: keys.privateKey(service), publicKeys: keys.publicKeys });
  const roles = at.host.service('roles');
  if (!roles) throw new Error('roles does not run');
  const server = createServiceServer({
    dispatcher: roles.dispatcher,
    credential: await credentialOf('roles'),
    verifier: createTokenVerifier({ issuer: at.url, fetchKeys: async () => ({ keys: [] }), nowMs: Date.now }),
    health: { notReady: async () => undefined, metrics: async () => '' },
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const remote = remoteTransport({ callee: 'roles', addresses: [address], credential: await credentialOf('orders') });
  const clients = createClients(
    ordersContract,
    () => remote,
    at.ctx('orders').telemetry,
  ) as unknown as OrdersContext['clients'];
  return {
    call: () => clients.roles.checkPermission({ query }),
    async stop() {
      await remote.close();
      await server.close();
    },
  };
}

const OURS = 'typed call';
const STRAIGHT = 'the handler, straight';
export const callBench: Bench = {
  name: 'call',
  title: 'A service asks another in the same process, one query each, 8 in flight',
  unit: 'calls/s',
  contenders: [
    contender(OURS, 'ours', async (at) => {
      const { clients } = at.ctx('orders') as OrdersContext;
      return { call: () => clients.roles.checkPermission({ query }) };
    }),
    contender(STRAIGHT, 'limit', async (at) => {
      const req = { query } as Req<typeof rolesContract.http.checkPermission>;
      const ctx = at.ctx('roles') as Parameters<typeof rolesService.http.checkPermission>[0];
      return { call: () => rolesService.http.checkPermission(ctx, req) };
    }),
    contender('loopback HTTP', 'peer', overHttp),
  ],
  aims: [{ ours: OURS, against: STRAIGHT, ratio: 0.8, kind: 'at least' }],
  async close() {
    const at = await platform;
    platform = undefined;
    await at?.close();
  },
};
