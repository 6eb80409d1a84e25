/** The whole platform with one client and his order, for the benches of CRUD and sign-in. Tells where they are, ends with its parent. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Api } from '#testing/system/api.ts';
import { DRAFT, PASSWORD, registerAndConfirm } from '#testing/system/deal.ts';
import { allInOne } from '#testing/system/world.ts';

/** Sessions whose tokens are told, for who refreshes them. */
const SESSIONS = 4;
const MOST = '1000000';

export interface PlatformTold {
  readonly url: string;
  readonly orderId: string;
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly refreshTokens: readonly string[];
}

// One client sends all, for ten minutes: neither its share of requests nor its token is what is measured.
const world = await allInOne({ env: { RATE_READ: MOST, RATE_WRITE: MOST, RATE_AUTH: MOST, ACCESS_TOKEN_TTL: '1h' } });
const client = new Api(world);
await registerAndConfirm(client, { name: 'Пекарня «Колос»', roles: ['client'], locale: 'ru' });
const { body } = await client.call('POST', '/orders', { body: DRAFT });
const sessions = await Promise.all(
  Array.from({ length: SESSIONS }, async () => {
    const { body: tokens } = await new Api(world).post('/sessions', { email: client.email, password: PASSWORD });
    return tokens.refreshToken as string;
  }),
);
const delay = monitorEventLoopDelay({ resolution: 5 });
// Asked for before and after a turn: the p99 of the delay since the last time, in ms.
process.on('message', () => {
  process.send?.({ delayMs: delay.percentile(99) / 1e6 - 5 });
  delay.reset();
});
delay.enable();
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void world.close().then(() => process.exit(0)));
const told: PlatformTold = {
  url: `${world.gateways[0]}/api/v1`,
  orderId: body.orderId,
  token: client.token as string,
  email: client.email,
  password: PASSWORD,
  refreshTokens: sessions,
};
process.send?.(told);
