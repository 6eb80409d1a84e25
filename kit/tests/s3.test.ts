/** Files in a bucket, against a store that verifies every signature. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { s3Files } from '#kit/files/s3.ts';
import { silentLog } from '#outside/log.ts';
import { type S3, startS3 } from '#outside/s3/s3.ts';

const account = {
  bucket: 'artel-files',
  region: 'ru-central1',
  accessKeyId: 'AKTEST',
  secretAccessKey: 'secret/of+tests',
};
let store: S3;
beforeAll(async () => {
  store = await startS3({ port: 0, ...account, log: silentLog });
});
afterAll(() => store?.close());

test('what is put is got back with its type, below the service’s own prefix, until it is deleted', async () => {
  const files = s3Files({ ...account, endpoint: store.url }, 'messenger');
  const content = Buffer.from('вот файл');
  await files.put('attachments/01990000-0000.bin', content, 'text/plain');
  expect([...store.objects.keys()]).toEqual(['messenger/attachments/01990000-0000.bin']);
  expect(await files.get('attachments/01990000-0000.bin')).toEqual({ content, contentType: 'text/plain' });
  expect(
    await s3Files({ ...account, endpoint: store.url }, 'orders').get('attachments/01990000-0000.bin'),
  ).toBeUndefined();
  await files.delete('attachments/01990000-0000.bin');
  expect(await files.get('attachments/01990000-0000.bin')).toBeUndefined();
  await files.delete('attachments/01990000-0000.bin');
  expect(store.refused).toBe(0);
});

test('what comes as a stream is put with its length, and its size is told; a stream that breaks leaves nothing', async () => {
  const files = s3Files({ ...account, endpoint: store.url }, 'users');
  const parts = ['по', 'ча', 'стям'];
  const size = await files.putStream('export.zip', Readable.from(parts, { objectMode: false }), 'application/zip');
  const content = Buffer.from('почастям');
  expect(size).toBe(content.length);
  expect(await files.get('export.zip')).toEqual({ content, contentType: 'application/zip' });
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('x');
      throw new Error('the line broke');
    })(),
  );
  await expect(files.putStream('other.zip', broken, 'application/zip')).rejects.toThrow('the line broke');
  expect(await files.get('other.zip')).toBeUndefined();
  await files.delete('export.zip');
});

test('a wrong secret and a store that is away are a 503, never a missing file', async () => {
  const wrong = s3Files({ ...account, secretAccessKey: 'other', endpoint: store.url }, 'messenger');
  await expect(wrong.get('x')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(wrong.put('x', Buffer.from('x'), 'text/plain')).rejects.toMatchObject({ code: 'unavailable' });
  expect(store.refused).toBeGreaterThan(0);
  expect(store.objects.size).toBe(0);
  const files = s3Files({ ...account, endpoint: store.url }, 'messenger');
  store.failing = 507;
  await expect(files.put('x', Buffer.from('x'), 'text/plain')).rejects.toMatchObject({ code: 'storage_full' });
  store.failing = undefined;
});
