import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Api } from './api.ts';
import { type ApartWorld, apart } from './apart.ts';
import { DRAFT } from './deal.ts';
import { databaseOn, type SmallVolume, smallVolume } from './small-volume.ts';
import { clientWith } from './walks/parties.ts';
import { newAdmin } from './walks/people.ts';

/** F11: a full disk is a clean error, then recovery: where the files are, where the backups are, where the database is. */
describe('F11: a full disk', () => {
  let volumes: Record<'files' | 'backups' | 'tables', SmallVolume>;
  let database: { url: string; drop(): Promise<void> };
  let world: ApartWorld;
  let admin: Api;
  let client: Api;

  beforeAll(async () => {
    volumes = { files: smallVolume(8), backups: smallVolume(24), tables: smallVolume(400) };
    database = await databaseOn(volumes.tables, `small_${randomBytes(4).toString('hex')}`);
    world = await apart({
      replicas: 1,
      databaseUrl: database.url,
      env: { DATA_DIR: volumes.files.path, BACKUP_DIR: volumes.backups.path },
    });
    await world.drain();
    admin = await newAdmin(world);
    client = await clientWith(world, 'Тихон Полный', admin, 10_000);
  }, 400_000);
  afterAll(async () => {
    await world?.close();
    await database?.drop();
    for (const volume of Object.values(volumes ?? {})) volume.remove();
  }, 120_000);

  const draft = async (expect: number | number[] = 201) =>
    await client.post('/orders', { ...DRAFT, description: 'Длинное задание. '.repeat(400) }, { expect });

  test('of the files: an upload is refused in words, everything else works, and the next one is whole', async () => {
    const { orderId } = (await draft()).body;
    const bytes = randomBytes(200_000);
    const upload = (expect: number) =>
      client.post(`/orders/${orderId}/attachments?fileName=a.bin`, undefined, { bytes, expect });
    await upload(201);
    const kept = () =>
      readdirSync(join(volumes.files.path, 'files'), { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      ).length;
    const before = kept();
    volumes.files.fill();
    const refused = await upload(507);
    expect(refused.body).toMatchObject({ code: 'storage_full', title: 'Не хватает места для хранения' });
    // Nothing half-written is left behind, and what needs no file goes on.
    expect(kept()).toBe(before);
    await draft();
    volumes.files.free();
    const { attachmentId } = (await upload(201)).body;
    expect(Buffer.from((await client.get(`/order-attachments/${attachmentId}`)).body).equals(bytes)).toBe(true);
  }, 120_000);

  test('of the backups: the task fails and says why, nothing of it stays, and the next one is made', async () => {
    const make = async () => {
      const { taskId } = (await admin.post('/admin/backups', { reason: 'перед переездом' }, { key: false })).body;
      return await admin.until(`/admin/backup-tasks/${taskId}`, (task) => ['done', 'failed'].includes(task.state));
    };
    volumes.backups.fill();
    const failed = await make();
    expect(failed).toMatchObject({ state: 'failed', fault: expect.stringMatching(/ENOSPC|disk is full|no space/i) });
    expect(readdirSync(volumes.backups.path)).toEqual(['ballast']);
    await draft();
    volumes.backups.free();
    expect(await make()).toMatchObject({ state: 'done', fault: null });
    expect((await admin.get('/admin/backups')).body.items).toHaveLength(1);
  }, 240_000);

  test('of the database: reads go on, writes are 507 or 503 and never a fault; with room again all that waited is done', async () => {
    const waiting = (await draft()).body.orderId;
    volumes.tables.fill();
    const answers = [];
    for (let i = 0; i < 200; i++) {
      const answer = await draft([201, 503, 507]);
      answers.push(answer);
      if (answers.filter((one) => one.status === 507).length >= 10) break;
    }
    const full = answers.filter((one) => one.status === 507);
    expect(full.length).toBeGreaterThan(0);
    for (const { body } of full) expect(body.code).toBe('storage_full');
    await client.get('/me/orders');
    await new Api(world).get('/orders');
    expect((await fetch(`${world.gateways[0]}/healthz`)).status).toBe(200);
    // Asked for while there is no room: done now, or later, but not lost where it was taken.
    const asked = await client.post(`/orders/${waiting}/publication`, undefined, { expect: [202, 503, 507] });
    volumes.tables.free();
    await client.until(
      `/orders/${waiting}`,
      (order) => order.status === (asked.status === 202 ? 'published' : 'draft'),
    );
    if (asked.status !== 202) await client.post(`/orders/${waiting}/publication`, undefined, { expect: 202 });
    await client.until(`/orders/${waiting}`, (order) => order.status === 'published');
    await draft();
    await world.drain();
    expect(await world.deadLetters()).toEqual([]);
    const books = (await new Api(world).get('/ledger/invariants')).body;
    expect(books).toMatchObject({ balanced: true, escrowEqualsDeals: true });
  }, 300_000);
});
