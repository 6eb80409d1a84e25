import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeeper, type Keeper } from '#apps/server/backup/keeper.ts';
import { diskStore } from '#kit/files/store.ts';
import { createLogger } from '#kit/log.ts';
import { HEALTH_CHANNEL } from '#kit/service/health-news.ts';
import { TEST_SECRET, type TestPlatform } from '#testing/env.ts';
import type { World } from './world.ts';

/**
 * Keeps the backups of a world in a folder of its own, when it is told to work. Gone with `close`. A world that keeps its
 * backups itself does so in its own time.
 */
export function keeperOf(world: World): Pick<Keeper, 'work' | 'close'> {
  const { adminUrl, keepsBackups, platform } = world as World & { readonly platform?: TestPlatform };
  if (keepsBackups) return { work: async () => 0, close: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'artel-keeper-'));
  const log = createLogger({ level: 'silent', pretty: true });
  const files = diskStore(join(folder, 'files'));
  const onNews = () => platform?.bus.broadcast(HEALTH_CHANNEL, {});
  const keeper = createKeeper({ adminUrl, masterSecret: TEST_SECRET, folder, files, log, onNews });
  return {
    work: keeper.work,
    async close() {
      await keeper.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
