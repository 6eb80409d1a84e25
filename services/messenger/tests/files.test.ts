import { randomUUID } from 'node:crypto';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { type Clamd, startClamd } from '#outside/clamd/clamd.ts';
import { silentLog } from '#outside/log.ts';
import { call, type Deal, openDeal, send, stubPeople, talker } from './fixture.ts';

let platform: TestPlatform;
let deal: Deal;
let people: ReturnType<typeof stubPeople>;
let scanner: Clamd;

beforeAll(async () => {
  scanner = await startClamd({ port: 0, signatures: { 'Test.Virus': 'VIRUS' }, log: silentLog });
  platform = await bootPlatform({
    services: ['messenger'],
    env: { CLAMAV_URL: scanner.url, MESSENGER_USER_QUOTA_MB: '1' },
  });
  people = stubPeople(platform);
  deal = await openDeal(platform);
});
afterAll(async () => {
  await platform?.close();
  await scanner?.close();
});

function upload(body: Buffer, fileName: string, options: { contentType?: string; deal?: Deal } = {}) {
  const of = options.deal ?? deal;
  return call(platform, of.client, 'addAttachment', {
    params: { conversationId: of.conversationId },
    query: { fileName },
    body,
    contentType: options.contentType ?? 'application/octet-stream',
  });
}

async function photo(width = 800, height = 600): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background: '#a33' } })
    .withExif({ IFD0: { Copyright: 'Canary Owner' }, IFD3: { GPSLatitude: '55/1 45/1 0/1' } })
    .jpeg()
    .toBuffer();
}

test('T4: a photo loses what the camera wrote, gets a preview; only participants fetch it once it is sent', async () => {
  const original = await photo();
  expect(original.includes('Canary Owner')).toBe(true);
  const { body } = await upload(original, 'фото.jpg', { contentType: 'text/html' });
  expect(body).toMatchObject({ fileName: 'фото.jpg', contentType: 'image/jpeg', hasPreview: true, width: 800 });
  const fetch = (user = deal.client, route = 'getAttachment') =>
    call(platform, user, route, { params: { attachmentId: body.attachmentId } });
  expect((await fetch(deal.freelancer)).code).toBe('not_found');
  const sent = await send(platform, deal.client, deal.conversationId, '', { attachmentIds: [body.attachmentId] });
  expect(sent.body.attachments).toMatchObject([{ attachmentId: body.attachmentId }]);
  const got = await fetch(deal.freelancer);
  expect(got.body.includes('Canary Owner')).toBe(false);
  expect((await sharp(got.body).metadata()).exif).toBeUndefined();
  const preview = await fetch(deal.freelancer, 'getAttachmentPreview');
  expect(await sharp(preview.body).metadata()).toMatchObject({ format: 'webp', width: 640 });
  for (const route of ['getAttachment', 'getAttachmentPreview', 'getAttachmentLinks'])
    expect((await fetch(talker(), route)).code, route).toBe('not_found');
});

test('T1: what a browser could run is a download, never sniffed, in a sandbox', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const cases: [string, string][] = [
    [svg, 'a.svg'],
    ['<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'b.svg'],
    ['<!doctype html><script>alert(1)</script>', 'c.html'],
    ['GIF89a/*<script>alert(1)</script>*/=1;', 'd.js'],
  ];
  for (const [content, name] of cases) {
    const { body, code } = await upload(Buffer.from(content), name, { contentType: 'image/svg+xml' });
    if (code) {
      expect(code, name).toBe('messenger.image_unreadable');
      continue;
    }
    const got = await call(platform, deal.client, 'getAttachment', { params: { attachmentId: body.attachmentId } });
    expect(got.headers['content-type'], name).toMatch(/^(text\/plain|application\/octet-stream)$/);
    expect(got.headers['content-disposition'], name).toMatch(/^attachment;/);
    expect(got.headers['x-content-type-options']).toBe('nosniff');
    expect(got.headers['content-security-policy']).toContain('sandbox');
  }
});

test('T3: programs, infected files, the test virus, pixel floods and broken pictures are refused', async () => {
  const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
  expect((await upload(Buffer.from(eicar), 'e.txt')).code).toBe('messenger.file_infected');
  expect((await upload(Buffer.from('some VIRUS inside'), 'v.txt')).code).toBe('messenger.file_infected');
  expect(scanner.scanned).toBeGreaterThan(0);
  expect((await upload(Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), 'p.exe')).code).toBe(
    'messenger.file_refused',
  );
  const flood = await sharp({
    create: { width: 8_200, height: 8_200, channels: 3, background: '#fff' },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 9 })
    .toBuffer();
  expect((await upload(flood, 'flood.png')).code).toBe('messenger.image_unreadable');
  expect((await upload((await photo()).subarray(0, 900), 'broken.jpg')).code).toBe('messenger.image_unreadable');
});

test('T3: an archive that unfolds into far more than it is, or whose entries overlap, is refused; an honest one is not', async () => {
  const honest = zipSync({ 'макет.txt': Buffer.alloc(2_000_000, 'повторы '), 'a/b.txt': Buffer.from('x') });
  expect((await upload(Buffer.from(honest), 'макет.zip')).body).toMatchObject({ contentType: 'application/zip' });
  // The directory tells 4 GB each of a few hundred bytes, as bombs do.
  const bomb = Buffer.from(zipSync({ 'a.bin': Buffer.alloc(100_000), 'b.bin': Buffer.alloc(100_000) }));
  for (let at = bomb.indexOf('PK\x01\x02', 0, 'latin1'); at >= 0; at = bomb.indexOf('PK\x01\x02', at + 4, 'latin1'))
    bomb.writeUInt32LE(0xf0000000, at + 24);
  expect((await upload(bomb, 'bomb.zip')).code).toBe('messenger.file_refused');
  const overlap = Buffer.from(zipSync({ 'a.bin': Buffer.alloc(3_000, 'ab'), 'b.bin': Buffer.alloc(3_000, 'cd') }));
  for (
    let at = overlap.indexOf('PK\x01\x02', 0, 'latin1');
    at >= 0;
    at = overlap.indexOf('PK\x01\x02', at + 4, 'latin1')
  )
    overlap.writeUInt32LE(overlap.length, at + 20);
  expect((await upload(overlap, 'overlap.zip')).code).toBe('messenger.file_refused');
});

test('T3: nobody keeps more than his space; what is deleted frees it', async () => {
  const other = await openDeal(platform);
  const big = Buffer.alloc(700 * 1024, 'текст ');
  const first = await upload(big, 'a.txt', { deal: other });
  expect(first.status).toBe(201);
  expect((await upload(big, 'b.txt', { deal: other })).code).toBe('messenger.quota_exceeded');
  const { attachmentId } = first.body;
  expect((await call(platform, other.freelancer, 'removeAttachment', { params: { attachmentId } })).code).toBe(
    'not_found',
  );
  expect((await call(platform, other.client, 'removeAttachment', { params: { attachmentId } })).status).toBe(204);
  const races = await Promise.all([upload(big, 'c.txt', { deal: other }), upload(big, 'd.txt', { deal: other })]);
  expect(races.map((one) => one.code ?? 'ok').sort()).toEqual(['messenger.quota_exceeded', 'ok']);
});

test('a file is sent once, by its owner, in its conversation; a deleted message takes its file away', async () => {
  const { conversationId, client, freelancer } = deal;
  const { attachmentId } = (await upload(Buffer.from('договор'), '../../../etc/passwd\u202etxt.exe')).body;
  expect((await send(platform, freelancer, conversationId, '', { attachmentIds: [attachmentId] })).code).toBe(
    'messenger.attachment_unusable',
  );
  const elsewhere = await openDeal(platform, { client });
  expect((await send(platform, client, elsewhere.conversationId, '', { attachmentIds: [attachmentId] })).code).toBe(
    'messenger.attachment_unusable',
  );
  const { messageId } = (await send(platform, client, conversationId, 'вот', { attachmentIds: [attachmentId] })).body;
  expect((await send(platform, client, conversationId, 'ещё', { attachmentIds: [attachmentId] })).code).toBe(
    'messenger.attachment_unusable',
  );
  const got = await call(platform, freelancer, 'getAttachment', { params: { attachmentId } });
  expect(got.headers['content-disposition']).toBe(
    `attachment; filename="passwdtxt.exe"; filename*=UTF-8''passwdtxt.exe`,
  );
  await call(platform, client, 'deleteMessage', { params: { conversationId, messageId } });
  await platform.drain();
  expect((await call(platform, freelancer, 'getAttachment', { params: { attachmentId } })).code).toBe('not_found');
  expect(await platform.ctx('messenger').files.get(`attachments/${attachmentId}`)).toBeUndefined();
});

test('T4: links work without a header until they expire, for the one they were made for; altered ones do not', async () => {
  const { attachmentId } = (await upload(await photo(300, 300), 'p.jpg')).body;
  await send(platform, deal.client, deal.conversationId, '', { attachmentIds: [attachmentId] });
  const links = (await call(platform, deal.freelancer, 'getAttachmentLinks', { params: { attachmentId } })).body;
  people.names.set(deal.freelancer.userId, 'Борис');
  const open = (url: string) =>
    call(platform, undefined, 'openAttachmentLink', { params: { token: url.split('/').at(-1) as string } });
  expect((await open(links.url)).headers['content-disposition']).toMatch(/^attachment/);
  expect((await open(links.previewUrl)).headers['content-type']).toBe('image/webp');
  const token = Buffer.from(links.url.split('/').at(-1), 'base64url').toString();
  const forged = Buffer.from(token.replace(/\.f\./, '.p.')).toString('base64url');
  expect((await open(forged)).code).toBe('not_found');
  expect((await open(randomUUID())).code).toBe('not_found');
  // Blocked or erased: users says so, or knows nobody by that id.
  people.names.delete(deal.freelancer.userId);
  expect((await open(links.url)).code).toBe('not_found');
  people.names.set(deal.freelancer.userId, 'Борис');
  await platform.advance(6 * 60_000);
  expect((await open(links.url)).code).toBe('not_found');
});

test('what is not sent within a day goes, with its file', async () => {
  const { attachmentId } = (await upload(Buffer.from('забыл'), 'f.txt')).body;
  expect(await platform.ctx('messenger').files.get(`attachments/${attachmentId}`)).toBeDefined();
  await platform.advance(25 * 3_600_000);
  expect(await platform.ctx('messenger').files.get(`attachments/${attachmentId}`)).toBeUndefined();
  expect((await call(platform, deal.client, 'getAttachment', { params: { attachmentId } })).code).toBe('not_found');
});
