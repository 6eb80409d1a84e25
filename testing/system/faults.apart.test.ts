import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SERVICES } from '#contracts/common/define.ts';
import { openDataFolder } from '#kit/embedded/data-folder.ts';
import { type Postgres, startPostgres } from '#kit/embedded/postgres.ts';
import { type ApartWorld, apart } from './apart.ts';
import { type Broker, ownBroker } from '../broker.ts';
import {
  acceptance,
  beginStory,
  books,
  type FaultPoint,
  payout,
  profiles,
  publication,
  registration,
  reviews,
  type Story,
  talk,
  work,
} from './deal.ts';
import { restored } from './restoration.ts';
import { temporaryFolder } from './world.ts';

/** F1, F5, F7, F8, F15: orders, payments, notifications, the broker and the database are killed in the middle of the deal; nothing is lost, nothing happens twice. */
describe('kill -9 in the middle of the deal, apart', () => {
  const folder = temporaryFolder();
  let broker: Broker;
  let postgres: Postgres;
  let world: ApartWorld;
  let story: Story;
  const killed: string[] = [];

  beforeAll(async () => {
    const data = await openDataFolder(`${folder.path}/pg`);
    [broker, postgres] = await Promise.all([ownBroker({ threads: 1 }), startPostgres({ folder: data })]);
    world = await apart({ replicas: 1, amqpUrl: broker.url, databaseUrl: postgres.url });
    story = await beginStory(world);
    story.fault = fault;
  }, 240_000);
  afterAll(async () => {
    await world?.close();
    await broker?.close();
    await postgres?.stop();
    rmSync(folder.path, { recursive: true, force: true });
  }, 60_000);

  const faults: Readonly<Record<FaultPoint, () => Promise<void>>> = {
    publication: () => restart('orders'),
    response: () => restart('notifications'),
    acceptance: () => restart('payments'),
    async completion() {
      await broker.kill();
      await broker.start();
    },
    async withdrawal() {
      process.kill(postgres.pid, 'SIGKILL');
    },
  };

  async function restart(service: 'orders' | 'payments' | 'notifications'): Promise<void> {
    await world.kill(service);
    await world.revive(service);
  }

  async function fault(point: FaultPoint): Promise<void> {
    killed.push(point);
    await faults[point]();
  }

  for (const chapter of [registration, profiles, publication, talk, acceptance, work, payout, reviews, books])
    test(chapter.name, () => chapter.run(story), 200_000);

  test('F15: a restoration that two asked for in the panel is carried out by `artel restore` while nothing runs', async () => {
    await restored(world, async () => {
      expect(await world.artel('restore')).toMatchObject({
        code: 75,
        err: expect.stringContaining('stop every process'),
      });
      const ended = await Promise.all(SERVICES.map((service) => world.stop(service, 0)));
      expect(ended).toEqual(SERVICES.map(() => 0));
      expect(await world.artel('restore')).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^restored the backup /),
      });
      for (const wave of [SERVICES.slice(0, 6), SERVICES.slice(6)])
        await Promise.all(wave.map((service) => world.revive(service)));
    });
  }, 240_000);

  test('all five were killed', () => {
    expect(killed).toEqual(['publication', 'response', 'acceptance', 'completion', 'withdrawal']);
  });
});
