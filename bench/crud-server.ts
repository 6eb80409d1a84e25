/** The whole platform with one client and his order, for the CRUD bench. Tells where they are, ends with its parent. */
import { Api } from '#testing/system/api.ts';
import { DRAFT, registerAndConfirm } from '#testing/system/deal.ts';
import { allInOne } from '#testing/system/world.ts';

const world = await allInOne();
const client = new Api(world);
await registerAndConfirm(client, { name: 'Пекарня «Колос»', roles: ['client'], locale: 'ru' });
const { body } = await client.call('POST', '/orders', { body: DRAFT });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void world.close().then(() => process.exit(0)));
process.send?.({ url: `${world.gateways[0]}/api/v1/orders`, orderId: body.orderId, token: client.token });
