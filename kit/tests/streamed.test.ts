/** Files that are passed on as they are read, and parts of them (L4, M3). */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { internal, RANGE_HEADERS, type Route, route, streamed } from '#contracts/common/define.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import { diskFiles } from '#kit/files/disk.ts';
import type { Files } from '#kit/files/files.ts';
import { s3Files } from '#kit/files/s3.ts';
import { rangeOf, serveFile } from '#kit/files/serve.ts';
import { remoteTransport } from '#kit/service/client.ts';
import type { RawReply } from '#kit/service/dispatch.ts';
import { silentLog } from '#outside/log.ts';
import { startS3 } from '#outside/s3/s3.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('a part of a file', () => {
  test.each([
    ['bytes=0-3', { start: 0, end: 3 }],
    ['bytes=4-', { start: 4, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=8-99', { start: 8, end: 9 }],
    ['bytes=10-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=5-2', undefined],
    ['bytes=0-1,4-5', undefined],
    ['bytes=-', undefined],
    ['lines=0-1', undefined],
    ['bytes=0x1-2', undefined],
    [undefined, undefined],
  ])('%s of ten bytes', (header, wanted) => {
    expect(rangeOf(header, 10)).toEqual(wanted);
  });

  test('is always within the file', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.option(fc.nat(60)), fc.option(fc.nat(60)), (size, first, last) => {
        const range = rangeOf(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (range === undefined || range === 'none') return true;
        return range.start >= 0 && range.start <= range.end && range.end < size;
      }),
    );
  });

  const content = Buffer.from('0123456789');
  const kinds: [string, () => Promise<Files>][] = [
    [
      'on disk',
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'artel-files-'));
        closers.push(() => rmSync(folder, { recursive: true }));
        return diskFiles(folder);
      },
    ],
    [
      'in a bucket',
      async () => {
        const account = { bucket: 'artel', region: 'ru-1', accessKeyId: 'AK', secretAccessKey: 'secret' };
        const store = await startS3({ port: 0, ...account, log: silentLog });
        closers.push(() => store.close());
        return s3Files({ ...account, endpoint: store.url }, 'messenger');
      },
    ],
  ];
  test.each(kinds)('%s: the whole, a part, no such part, no such file', async (_where, open) => {
    const files = await open();
    await files.put('a/b', content, 'text/plain');
    expect(await files.open('a/c')).toBeUndefined();
    const file = await files.open('a/b');
    if (!file) throw new Error('the file is gone');
    const ask = async (headers: Record<string, string>) => {
      const { status, body, headers: told } = await serveFile(file, { headers }, 'tag', { 'content-type': 'x/y' });
      const text = (Buffer.isBuffer(body) ? body : await buffer(body)).toString();
      return [status, text, told['content-length'], told['content-range']];
    };
    expect(await ask({})).toEqual([200, '0123456789', '10', undefined]);
    expect(await ask({ range: 'bytes=2-4' })).toEqual([206, '234', '3', 'bytes 2-4/10']);
    expect(await ask({ range: 'bytes=2-4', 'if-range': '"tag"' })).toEqual([206, '234', '3', 'bytes 2-4/10']);
    expect(await ask({ range: 'bytes=2-4', 'if-range': '"other"' })).toEqual([200, '0123456789', '10', undefined]);
    expect(await ask({ range: 'bytes=10-' })).toEqual([416, '', undefined, 'bytes */10']);
  });
});

const download = route({
  method: 'GET',
  path: '/internal/file',
  summary: 'Loads.',
  access: internal,
  headers: RANGE_HEADERS,
  reply: streamed(['application/octet-stream'], 1_000_000),
});
const read = route({
  method: 'GET',
  path: '/internal/thing',
  summary: 'Reads.',
  access: internal,
  reply: z.object({}),
});

/** A service elsewhere whose files are sent by the test, and whose other answers come at once. */
async function peer(file: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    if (request.url === '/internal/file') file(request, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credential = { tokenFor: async () => 'proof', verify: async () => 'gateway' as const };
  const transport = remoteTransport({ callee: 'messenger', addresses: [address], credential });
  closers.push(() => transport.close());
  const call = {
    params: {},
    query: {},
    body: undefined,
    contentType: '',
    caller: 'gateway' as const,
    user: undefined,
    origin: { ip: '', userAgent: '' },
    locale: 'en' as const,
  };
  return (to: Route, timeoutMs = 30_000, headers: Record<string, string> = {}): Promise<RawReply> =>
    runInCall(newCall({ timeoutMs }), () => transport.send('file', to, { ...call, headers }));
}

describe('a download from another process', () => {
  test('goes on after the deadline of its call: it is as slow as its reader', async () => {
    const send = await peer((_request, response) => {
      response.writeHead(200, { 'content-length': 30 });
      let left = 30;
      const timer = setInterval(() => {
        response.write('x');
        if (--left === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 150);
    });
    const reply = await send(download, 3_000);
    expect(reply.headers['content-length']).toBe('30');
    expect(await buffer(reply.body as Readable)).toHaveLength(30);
  });

  test('that nobody reads holds up no other call (L4)', async () => {
    const send = await peer((_request, response) => void response.writeHead(200).write('begun'));
    const slow = await Promise.all(Array.from({ length: 80 }, () => send(download)));
    expect((await send(read)).body).toEqual({});
    for (const { body } of slow) (body as Readable).on('error', () => {}).destroy();
  });

  test('carries the part that was asked for, and that there is none', async () => {
    const send = await peer((request, response) => {
      const none = request.headers.range === 'bytes=9-';
      response.writeHead(none ? 416 : 206, { 'content-range': none ? 'bytes */5' : 'bytes 1-2/5' });
      response.end(none ? '' : 'bc');
    });
    const part = await send(download, 30_000, { range: 'bytes=1-2' });
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1-2/5']);
    expect((await buffer(part.body as Readable)).toString()).toBe('bc');
    const none = await send(download, 30_000, { range: 'bytes=9-' });
    expect([none.status, none.headers['content-range']]).toEqual([416, 'bytes */5']);
  });
});
