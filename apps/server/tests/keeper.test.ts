import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createKeeper, type Keeper, startKeeper } from '#apps/server/backup/keeper.ts';
import { databaseName, dropDatabase, onServer } from '#apps/server/backup/rehearse.ts';
import { carryOutRestoration, waitingRestoration } from '#apps/server/backup/restoration.ts';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { sql } from '#kit/db/db.ts';
import { s3Files, s3Store } from '#kit/files/s3.ts';
import { createLogger } from '#kit/log.ts';
import { silentLog } from '#outside/log.ts';
import { type S3, startS3 } from '#outside/s3/s3.ts';
import { verifyLedger } from '#services/payments/ledger/verify.ts';
import { bootPlatform, person, TEST_SECRET, type TestPlatform } from '#testing/env.ts';

// Whole databases are made, filled and verified.
vi.setConfig({ testTimeout: 240_000 });

const SERVICES = ['users', 'roles', 'orders', 'payments', 'support', 'analytics', 'admin'] as const;
// Nobody answers at these addresses, and nothing here asks.
const ENV = {
  PROVIDER_URL: 'http://127.0.0.1:1',
  PROVIDER_API_KEY: 'none',
  PROVIDER_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')}`,
};
const SILENT = createLogger({ level: 'silent', pretty: true });
const account = { bucket: 'artel', region: 'ru-central1', accessKeyId: 'AKTEST', secretAccessKey: 'secret' };
const folder = mkdtempSync(join(tmpdir(), 'artel-keeper-'));
let platform: TestPlatform;
let store: S3;
let keeper: Keeper;
let name: string;
/** Two of the backup: one is erased after it. */
let erased: string;
let kept: string;

const rights = { permissions: ['admin.backups.view', 'admin.backups.make', 'admin.backups.restore'] };
const admin = person(rights);
const second = person(rights);
const call = (route: string, input: Record<string, unknown> = {}) =>
  platform.call('admin', route, { user: admin, ...input });
const bucket = () => s3Store({ ...account, endpoint: store.url });
const files = () => s3Files({ ...account, endpoint: store.url }, 'users');
const restore = (input: Record<string, unknown> = {}) =>
  call('restoreBackup', { params: { name }, body: { confirm: name, reason: 'after a fault' }, ...input });

async function earn(): Promise<string> {
  const userId = randomUUID();
  await platform.publish('auth.user.registered.v1', userId, {
    userId,
    email: `${userId}@example.com`,
    displayName: 'Анна',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['client'],
    confirmed: true,
  });
  await platform.drain();
  await platform.call('payments', 'requestAdjustment', {
    user: person({ permissions: ['payments.adjust', 'payments.view'] }),
    idempotencyKey: randomUUID(),
    body: { userId, amount: { amount: '1000', currency: 'RUB' }, reason: 'for a test' },
  });
  await platform.drain();
  return userId;
}

const audit = async (query: Record<string, string>) =>
  (await call('listAuditLog', { user: person({ permissions: ['admin.audit.view'] }), query })).body.items;

async function databasesBeside(): Promise<string[]> {
  const own = databaseName(platform.adminUrl);
  const [result] = await onServer(platform.adminUrl, [
    `select datname from pg_database where datname like ${pg.escapeLiteral(`${own}\\_%`)} order by 1`,
  ]);
  return result?.rows.map((row) => String(row.datname).slice(own.length)) ?? [];
}

beforeAll(async () => {
  store = await startS3({ port: 0, ...account, log: silentLog });
  platform = await bootPlatform({ services: SERVICES, env: ENV });
  const { adminUrl } = platform;
  keeper = createKeeper({ adminUrl, masterSecret: TEST_SECRET, folder, files: bucket(), log: SILENT });
  [erased, kept] = [await earn(), await earn()];
  for (const one of ['a', 'b', 'c']) await files().put(one, Buffer.from(`file ${one}`), 'image/webp');
});
afterAll(async () => {
  await keeper.close();
  await platform.close();
  for (const beside of await databasesBeside())
    await dropDatabase(platform.adminUrl, databaseName(platform.adminUrl) + beside);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('F15: backup and restore from the panel', () => {
  test('what is asked for begins at once, without waiting for a look', async () => {
    const news: number[] = [];
    const { adminUrl } = platform;
    const onNews = () => news.push(Date.now());
    const own = mkdtempSync(join(tmpdir(), 'artel-keeper-'));
    const options = { adminUrl, masterSecret: TEST_SECRET, folder: own, files: bucket(), log: SILENT, onNews };
    const started = startKeeper(options);
    try {
      // It listens from here on.
      await vi.waitFor(async () => {
        const hearing = "select count(*)::int as n from pg_stat_activity where query = 'listen artel_backup_tasks'";
        const client = new pg.Client({ connectionString: adminUrl });
        await client.connect();
        const { rows } = await client.query(`${hearing} and datname = current_database()`);
        await client.end();
        expect(rows[0].n).toBe(1);
      }, 20_000);
      const { taskId } = (await call('startBackup', { body: {} })).body;
      const state = async () => (await call('getBackupTask', { params: { taskId } })).body.state;
      // The look comes once a minute.
      await expect.poll(state, { timeout: 30_000, interval: 50 }).toBe('done');
      expect(news.length).toBeGreaterThanOrEqual(2);
    } finally {
      await started.close();
      rmSync(own, { recursive: true, force: true });
    }
  });

  test('a backup is asked for, one at a time, made with the files of the bucket, and listed', async () => {
    const asked = await call('startBackup', { body: {} });
    expect(asked.status).toBe(202);
    expect(asked.body).toMatchObject({ kind: 'backup', state: 'asked', askedBy: admin.userId });
    await expect(call('startBackup', { body: {} })).rejects.toMatchObject({ code: 'admin.backup_busy' });
    expect(await keeper.work()).toBe(1);
    const { body: task } = await call('getBackupTask', { params: { taskId: asked.body.taskId } });
    expect(task).toMatchObject({ state: 'done', fault: null, done: task.parts });
    name = task.backup;
    const { body } = await call('getBackups');
    expect(body.items).toMatchObject([{ name, files: 3, verification: null }]);
    expect(body.items[0].bytes).toBeGreaterThan(0);
    expect(readFileSync(join(folder, name, 'files', 'users', 'b'), 'utf8')).toBe('file b');
  });

  test('verifying restores it into a database of its own, which is gone afterwards; damage is named', async () => {
    await call('verifyBackup', { params: { name } });
    await keeper.work();
    const verified = (await call('getBackups')).body.items[0].verification;
    expect(verified).toMatchObject({ by: admin.userId, result: 'restored', fault: null });
    const path = join(folder, name, 'tables', 'users.idempotency.jsonl');
    const whole = readFileSync(path);
    appendFileSync(path, '"x"\n');
    await call('verifyBackup', { params: { name } });
    await keeper.work();
    const { result, fault } = (await call('getBackups')).body.items[0].verification;
    expect([result, fault]).toEqual(['failed', expect.stringContaining('tables/users.idempotency.jsonl')]);
    writeFileSync(path, whole);
    expect(await databasesBeside()).toEqual([]);
    await expect(call('verifyBackup', { params: { name: 'no-such' } })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a restoration wants a fresh sign-in, the name once more and, where the setting says so, a second admin', async () => {
    await expect(restore({ user: { ...admin, authTime: 0 } })).rejects.toMatchObject({
      code: 'fresh_sign_in_required',
    });
    await expect(restore({ body: { confirm: 'yes', reason: 'after a fault' } })).rejects.toMatchObject({
      code: 'admin.not_confirmed',
    });
    await expect(restore({ user: person({ permissions: ['admin.backups.make'] }) })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await platform.call('admin', 'putSetting', {
      user: person({ permissions: ['admin.settings.edit'] }),
      params: { key: 'admin.second-person' },
      ifMatch: '"1"',
      body: { value: { permanentBlock: false, erasure: false, restoration: true }, reason: 'вдвоём' },
    });
    await expect(restore()).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
    await expect(restore()).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
    expect(await keeper.work()).toBe(0);
  });

  test('what was prepared can be taken back', async () => {
    const { body: task } = await restore({ user: second });
    await keeper.work();
    expect((await call('getBackups')).body.restoration).toMatchObject({ taskId: task.taskId, backup: name });
    expect(await databasesBeside()).toHaveLength(1);
    await call('withdrawRestoration', { body: { reason: 'not needed' } });
    await keeper.work();
    expect((await call('getBackups')).body.restoration).toBeNull();
    expect(waitingRestoration(folder)).toBeUndefined();
    expect(await databasesBeside()).toEqual([]);
  });

  test('P2, F15: the next start carries it out: the books, the files and the log are those of the backup, and say so', async () => {
    await expect(restore()).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
    const { body: task } = await restore({ user: second });
    await keeper.work();
    const before = await verifyLedger(platform.adminUrl);
    for (const action of ['backup.make', 'backup.verify', 'backup.restore', 'backup.restore.withdraw'])
      expect((await audit({ action, outcome: 'done' })).length, action).toBeGreaterThan(0);
    expect((await audit({ action: 'backup.restore', outcome: 'refused' })).length).toBeGreaterThan(0);
    await earn();
    const body = { actorId: second.userId, reason: 'asked for it' };
    const erase = platform.call('users', 'eraseUser', { caller: 'admin', params: { userId: erased }, body });
    // Auth, which would end the sessions, does not run here.
    await erase.catch(() => undefined);
    await platform.drain();
    await files().delete('b');
    await files().put('later', Buffer.from('later'), 'image/webp');
    const { adminUrl } = platform;
    const carryOut = () =>
      carryOutRestoration({ folder, adminUrl, files: bucket(), at: platform.clock.now(), onProgress() {} });
    await expect(carryOut()).rejects.toThrow('somebody else is connected');
    await keeper.close();
    await platform.host.close();
    await platform.bus.close();

    expect(await carryOut()).toMatchObject({ taskId: task.taskId, backup: name });
    expect(await carryOut()).toBeUndefined();
    expect(await verifyLedger(adminUrl)).toEqual(before);
    expect((await files().get('b'))?.content.toString()).toBe('file b');
    expect(await databasesBeside()).toEqual([expect.stringMatching(/^_before_\d{14}$/)]);

    const again = await startPlatform({
      services: SERVICES,
      env: ENV,
      adminUrl,
      migrate: true,
      clock: platform.clock,
      log: SILENT,
      masterSecret: TEST_SECRET,
      serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
      publicUrl: 'http://127.0.0.1:1',
      filesFolder: join(folder, 'none'),
      poolMax: 5,
      addresses: {},
      listen: () => undefined,
    });
    keeper = createKeeper({ adminUrl, masterSecret: TEST_SECRET, folder, files: bucket(), log: SILENT });
    try {
      await keeper.work();
      const asked = (route: string, user: typeof admin) =>
        again.host.service('admin')?.dispatcher.dispatch(route, {
          params: {},
          query: {},
          body: undefined,
          contentType: 'application/json',
          caller: 'gateway',
          user,
          origin: { ip: '127.0.0.1', userAgent: 'test' },
          locale: 'ru',
        });
      expect((await asked('getBackups', admin))?.body).toMatchObject({ items: [{ name }], restoration: null });
      const auditor = person({ permissions: ['admin.audit.view'] });
      expect((await asked('listAuditLog', auditor))?.body).toMatchObject({
        items: expect.arrayContaining([
          expect.objectContaining({ action: 'backup.restored', targetId: name, actorId: second.userId }),
        ]),
      });
      expect((await asked('verifyAuditLog', auditor))?.body).toMatchObject({ intact: true });
      // P2: who was erased since does not come back with the backup.
      const users = again.host.service('users')?.ctx.db;
      const statuses = async () =>
        Object.fromEntries(
          (
            (await users?.many<{ id: string; status: string }>(sql`select user_id as id, status from profiles`)) ?? []
          ).map(({ id, status }) => [id, status]),
        );
      await expect.poll(statuses, { timeout: 30_000 }).toEqual({ [erased]: 'erased', [kept]: 'active' });
    } finally {
      await again.close();
    }
  });
});
