import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBackup } from '#apps/server/backup/create.ts';
import { type Manifest, readManifest } from '#apps/server/backup/manifest.ts';
import { restoreBackup } from '#apps/server/backup/restore.ts';
import { diskStore } from '#kit/files/store.ts';
import { verifyLedger } from '#services/payments/ledger/verify.ts';
import { bootPlatform, person, TEST_SECRET, type TestPlatform } from '#testing/env.ts';
import { testDatabase } from '#testing/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'artel-backup-'));
const files = join(folder, 'files');
const target = join(folder, 'backup');
const AWKWARD = 'кавычка " запятая, обратная \\ косая, строка\nи NULL, {a,b} (c)';
let platform: TestPlatform;
let manifest: Manifest;

async function ask<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

const emptyPlace = () => mkdtempSync(join(folder, 'place-'));
const restore = (adminUrl: string, filesFolder: string, masterSecret = TEST_SECRET) =>
  restoreBackup({ source: target, manifest, adminUrl, masterSecret, files: diskStore(filesFolder), onProgress() {} });

/** A person and a line in the ledger, sealed. */
async function earnSomething(): Promise<void> {
  const user = person({ roles: ['client'] });
  await platform.publish('auth.user.registered.v1', user.userId, {
    userId: user.userId,
    email: `${user.userId}@example.com`,
    displayName: AWKWARD.slice(0, 20),
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['client'],
    confirmed: true,
  });
  await platform.drain();
  const { status } = await platform.call('payments', 'requestAdjustment', {
    user: person({ permissions: ['payments.adjust', 'payments.view'] }),
    idempotencyKey: randomUUID(),
    body: { userId: user.userId, amount: { amount: '1000', currency: 'RUB' }, reason: 'for a test' },
  });
  expect(status).toBeLessThan(300);
  await platform.drain();
}

beforeAll(async () => {
  // Nobody answers at these addresses, and nothing here asks.
  platform = await bootPlatform({
    services: ['users', 'roles', 'orders', 'payments', 'support', 'analytics', 'admin'],
    env: {
      PROVIDER_URL: 'http://127.0.0.1:1',
      PROVIDER_API_KEY: 'none',
      PROVIDER_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')}`,
    },
  });
  await earnSomething();
  const client = new pg.Client({ connectionString: platform.adminUrl });
  await client.connect();
  await client.query("select analytics.make_partitions(now() + interval '9 months')");
  await client.query(
    `insert into users.idempotency (scope, key, body_hash, status, reply, created_at)
     select $1, i::text, '\\x00ff', -1, '{"a": [1, "ё", null]}', '2026-01-02 03:04:05.678901+03' from generate_series(1, 2500) i`,
    [AWKWARD],
  );
  await client.end();
  mkdirSync(join(files, 'users', 'avatars'), { recursive: true });
  writeFileSync(join(files, 'users', 'avatars', 'one.webp'), Buffer.from([0, 255, 10, 13]));
  manifest = await createBackup({
    adminUrl: platform.adminUrl,
    masterSecret: TEST_SECRET,
    files: diskStore(files),
    target,
    secrets: undefined,
    at: new Date('2026-01-02T03:04:05Z'),
  });
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('F15: a backup restores elsewhere', () => {
  test('it is for its owner alone, lists what it holds and keeps no secret', () => {
    expect(statSync(target).mode & 0o077).toBe(0);
    expect(existsSync(join(target, 'secrets.json'))).toBe(false);
    expect(readManifest(target)).toEqual(manifest);
    expect(readFileSync(join(target, 'manifest.json'), 'utf8')).not.toContain(TEST_SECRET);
    expect(manifest.files.map((file) => [file.path, file.bytes])).toEqual([['files/users/avatars/one.webp', 4]]);
  });

  test('the administration sees when the last one was made', async () => {
    const { body } = await platform.call('admin', 'getHealth', {
      user: person({ permissions: ['admin.health.view'] }),
    });
    expect(body.lastBackupAt).toBe('2026-01-02T03:04:05.000Z');
  });

  test('a backup never goes over what is there', async () => {
    const options = {
      adminUrl: platform.adminUrl,
      masterSecret: TEST_SECRET,
      files: diskStore(files),
      secrets: undefined,
    };
    await expect(createBackup({ ...options, target, at: new Date() })).rejects.toThrow('is not empty');
  });

  test('another secret, a database in use and a damaged table are refused before anything is written', async () => {
    const place = await testDatabase();
    try {
      await expect(restore(place.url, emptyPlace(), 'x'.repeat(40))).rejects.toThrow('the secret is not the one');
      await expect(restore(platform.adminUrl, emptyPlace())).rejects.toThrow('has an Artel in it already');
      const path = join(target, 'tables', 'users.idempotency.jsonl');
      const whole = readFileSync(path);
      appendFileSync(path, '"x"\n');
      await expect(restore(place.url, emptyPlace())).rejects.toThrow(
        'tables/users.idempotency.jsonl is not what it was',
      );
      writeFileSync(path, whole);
      expect(await ask(place.url, "select 1 from pg_namespace where nspname in ('artel', 'users')")).toEqual([]);
    } finally {
      await place.drop();
    }
  });

  test('every row, sequence and file is the same there, and the books are as they were', async () => {
    const place = await testDatabase();
    const there = emptyPlace();
    try {
      await restore(place.url, there);
      const again = await createBackup({
        adminUrl: place.url,
        masterSecret: TEST_SECRET,
        files: diskStore(there),
        target: join(folder, 'again'),
        secrets: undefined,
        at: new Date(),
      });
      expect(again.tables).toEqual(manifest.tables);
      expect(again.sequences).toEqual(manifest.sequences);
      expect(again.partitions).toEqual(manifest.partitions);
      const rights = `select table_name, privilege_type from information_schema.role_table_grants
        where grantee = 'artel_analytics' and table_name like 'events\\_2%' order by 1, 2`;
      expect(await ask(place.url, rights)).toEqual(await ask(platform.adminUrl, rights));
      expect(again.files).toEqual(manifest.files);
      expect((await verifyLedger(place.url)).transactions).toBeGreaterThan(0);
      expect(await verifyLedger(place.url)).toEqual(await verifyLedger(platform.adminUrl));
    } finally {
      await place.drop();
    }
  });
});
