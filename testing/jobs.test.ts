import pg from 'pg';
import { expect, test } from 'vitest';
import { hearing } from '#kit/db/job-news.ts';
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

test('a runner hears of its own service’s due jobs, not of others’, of later ones, or of what the library announces', async () => {
  const platform = await bootPlatform({ services: ['users', 'messenger'] });
  const listen = async (Client: typeof pg.Client) => {
    const client = new Client({ connectionString: platform.adminUrl });
    const heard: string[] = [];
    client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
    await client.connect();
    await client.query('listen "jobs:insert"; listen "the end"');
    return { client, heard };
  };
  const [all, own] = [await listen(pg.Client), await listen(hearing('users'))];
  try {
    const later = { at: new Date(platform.clock.nowMs() + 86_400_000) };
    await platform.ctx('users').db.tx((tx) => tx.schedule('liftBlock', { userId: crypto.randomUUID() }, later));
    await platform.ctx('users').db.tx((tx) => tx.schedule('liftBlock', { userId: crypto.randomUUID() }));
    await platform.ctx('messenger').db.tx((tx) => tx.schedule('deleteFiles', { attachmentIds: [] }));
    await all.client.query(`notify "the end"`);
    for (const { client, heard } of [all, own]) while (!heard.includes('the end ')) await client.query('select 1');
    expect(all.heard.filter((one) => one.includes('"r":')).length).toBeGreaterThanOrEqual(3);
    expect(all.heard.filter((one) => one.includes('"of":'))).toHaveLength(2);
    expect(own.heard).toEqual(['jobs:insert {"of":"users","count":1}', 'the end ']);
  } finally {
    await Promise.all([all.client.end(), own.client.end()]);
    await platform.close();
  }
}, 40_000);
