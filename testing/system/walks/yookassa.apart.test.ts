import { startYookassa } from '#services/payments/tests/yookassa-stand-in.ts';
import { apart } from '../apart.ts';
import { walkStory } from './walk.ts';
import { yookassaEnv, yookassaWalks } from './yookassa.ts';

let shop: Awaited<ReturnType<typeof startYookassa>>;
walkStory(
  'money through YooKassa, apart',
  yookassaWalks(() => shop),
  async () => {
    shop = await startYookassa();
    const world = await apart({ replicas: 2, env: yookassaEnv(shop.url) });
    return { ...world, close: () => world.close().finally(() => shop.close()) };
  },
);
