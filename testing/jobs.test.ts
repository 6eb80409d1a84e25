import { expect, test } from 'vitest';
import { bootPlatform } from './env.ts';

test('services that migrate side by side in one database leave each other’s timers running', async () => {
  const platform = await bootPlatform({ services: ['messenger', 'users', 'auth', 'roles'] });
  try {
    await platform.ctx('messenger').db.tx((tx) => tx.schedule('deleteFiles', { attachmentIds: [] }));
    await platform.ctx('users').db.tx((tx) => tx.schedule('liftBlock', { userId: crypto.randomUUID() }));
    await platform.drain();
    expect(process.exitCode).toBeUndefined();
  } finally {
    await platform.close();
  }
}, 40_000);
