import { startYookassa } from '#services/payments/tests/yookassa-stand-in.ts';
import { allInOne } from '../world.ts';
import { walkStory } from './walk.ts';
import { yookassaEnv, yookassaWalks } from './yookassa.ts';

let shop: Awaited<ReturnType<typeof startYookassa>>;
walkStory(
  'money through YooKassa, all in one',
  yookassaWalks(() => shop),
  async () => {
    shop = await startYookassa();
    const world = await allInOne({ env: yookassaEnv(shop.url) });
    return { ...world, close: () => world.close().finally(() => shop.close()) };
  },
);
