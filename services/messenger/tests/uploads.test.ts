/** Files that come in parts: tus 1.0 by @tus/server, behind our access, limits and looks (M3, T3, T4). */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { type Clamd, startClamd } from '#outside/clamd/clamd.ts';
import { silentLog } from '#outside/log.ts';
import type { Principal } from '#kit/service/types.ts';
import { type Answer, call, changeStatus, type Deal, openDeal, send, stubPeople, talker } from './fixture.ts';

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;
let platform: TestPlatform;
let scanner: Clamd;
let deal: Deal;
const TUS = { 'tus-resumable': '1.0.0' };

beforeAll(async () => {
  scanner = await startClamd({ port: 0, signatures: { 'Test.Virus': 'VIRUS' }, log: silentLog });
  platform = await bootPlatform({
    services: ['messenger'],
    env: { CLAMAV_URL: scanner.url, MESSENGER_USER_QUOTA_MB: '8', MESSENGER_FILE_LIMIT_MB: '5' },
  });
  stubPeople(platform);
  deal = await openDeal(platform);
});
afterAll(async () => {
  await platform?.close();
  await scanner?.close();
});

const b64 = (text: string) => Buffer.from(text).toString('base64');
const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');

interface Begin {
  name?: string;
  sha256?: string;
  of?: Deal;
  user?: Principal;
}
async function begin(length: number | string, { name = 'отчёт.txt', sha256, of = deal, user = of.client }: Begin = {}) {
  const metadata = [`filename ${b64(name)}`, ...(sha256 ? [`sha256 ${b64(sha256)}`] : [])].join(',');
  const headers = { ...TUS, 'upload-length': String(length), 'upload-metadata': metadata };
  const answer = await call(platform, user, 'createUpload', { params: { conversationId: of.conversationId }, headers });
  const uploadId = String(answer.headers['location'] ?? '')
    .split('/')
    .at(-1) as string;
  return { ...answer, uploadId };
}
function part(uploadId: string, offset: number, body: Buffer, user: Principal = deal.client): Promise<Answer> {
  const headers = { ...TUS, 'upload-offset': String(offset) };
  const contentType = 'application/offset+octet-stream';
  return call(platform, user, 'continueUpload', { params: { uploadId }, headers, body, contentType });
}
const offsetOf = async (uploadId: string, user: Principal = deal.client) =>
  await call(platform, user, 'getUploadOffset', { params: { uploadId }, headers: TUS });
const state = async (uploadId: string, user: Principal = deal.client) =>
  await call(platform, user, 'getUpload', { params: { uploadId } });
async function upload(content: Buffer, options: Begin = {}) {
  const { uploadId } = await begin(content.length, options);
  const answer = await part(uploadId, 0, content, options.user ?? options.of?.client ?? deal.client);
  return { ...answer, uploadId };
}
const partsKept = async () => {
  const { db } = platform.ctx('messenger');
  const { sql } = await import('#kit/db/db.ts');
  return await db.many<{ parts: string[] }>(sql`select parts from uploads where parts <> '{}'`);
};

test('an upload that breaks goes on where it stands; whole, it is an attachment that can be sent, once, with its hash', async () => {
  const content = Buffer.alloc(3 * MIB, 'части большого файла ');
  const created = await begin(content.length, { sha256: hash(content) });
  expect(created).toMatchObject({ status: 201, headers: { 'tus-resumable': '1.0.0' } });
  expect(created.headers['location']).toBe(`/api/v1/uploads/${created.uploadId}`);
  expect(Date.parse(String(created.headers['upload-expires']))).toBeGreaterThan(platform.clock.nowMs());
  const { uploadId } = created;
  const first = await part(uploadId, 0, content.subarray(0, MIB));
  expect(first).toMatchObject({ status: 204, headers: { 'upload-offset': String(MIB) } });
  // The answer was lost: the same part again is refused, and the client learns where it stands.
  expect((await part(uploadId, 0, content.subarray(0, MIB))).code).toBe('messenger.upload_conflict');
  const asked = await offsetOf(uploadId);
  expect(asked).toMatchObject({
    status: 200,
    headers: { 'upload-offset': String(MIB), 'upload-length': String(content.length) },
  });
  expect((await state(uploadId)).body).toMatchObject({ offset: MIB, length: content.length, attachment: null });
  // Two at once from there: one of them.
  const race = await Promise.all([1, 2].map(() => part(uploadId, MIB, content.subarray(MIB, 2 * MIB))));
  expect(race.map((one) => one.code ?? one.status).sort()).toEqual([204, 'messenger.upload_conflict']);
  expect((await part(uploadId, 2 * MIB, content.subarray(2 * MIB))).status).toBe(204);
  const { attachment } = (await state(uploadId)).body;
  expect(attachment).toMatchObject({
    attachmentId: uploadId,
    fileName: 'отчёт.txt',
    contentType: 'text/plain',
    sha256: hash(content),
  });
  await platform.drain();
  expect(await partsKept()).toEqual([]);
  const sent = await send(platform, deal.client, deal.conversationId, '', { attachmentIds: [uploadId] });
  expect(sent.body.attachments).toMatchObject([{ attachmentId: uploadId, size: content.length }]);
  const got = await call(platform, deal.freelancer, 'getAttachment', { params: { attachmentId: uploadId } });
  expect(hash(got.body)).toBe(hash(content));
});

test('T4: a photo that comes in parts loses what the camera wrote, too', async () => {
  const photo = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#3a3' } })
    .withExif({ IFD0: { Copyright: 'Canary Owner' } })
    .jpeg()
    .toBuffer();
  const { uploadId } = await begin(photo.length, { name: 'фото.jpg', sha256: hash(photo) });
  await part(uploadId, 0, photo.subarray(0, 1_000));
  await part(uploadId, 1_000, photo.subarray(1_000));
  const { attachment } = (await state(uploadId)).body;
  expect(attachment).toMatchObject({ contentType: 'image/jpeg', hasPreview: true });
  const got = await call(platform, deal.client, 'getAttachment', { params: { attachmentId: uploadId } });
  expect(got.body.includes('Canary Owner')).toBe(false);
  expect(attachment.sha256).toBe(hash(got.body));
});

test('T3: what is refused whole is refused in parts, for good, and said again to who asks', async () => {
  const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
  const cases: [Buffer, string][] = [
    [Buffer.from(eicar), 'messenger.file_infected'],
    [Buffer.from('some VIRUS inside'), 'messenger.file_infected'],
    [Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), 'messenger.file_refused'],
  ];
  for (const [content, code] of cases) {
    const { uploadId, code: told } = await upload(content);
    expect(told).toBe(code);
    expect((await state(uploadId)).body).toMatchObject({ refused: code, attachment: null });
    expect((await part(uploadId, content.length, Buffer.from('x'))).code).toBe(code);
    expect((await send(platform, deal.client, deal.conversationId, '', { attachmentIds: [uploadId] })).code).toBe(
      'messenger.attachment_unusable',
    );
  }
  const damaged = await upload(Buffer.from('не то'), { sha256: hash(Buffer.from('то')) });
  expect(damaged.code).toBe('messenger.file_damaged');
  await platform.drain();
  expect(await partsKept()).toEqual([]);
});

test('limits: size, space that is spoken for, and what the protocol asks for', async () => {
  expect((await begin(5 * MIB + 1)).code).toBe('messenger.upload_too_large');
  for (const length of ['0', '-1', 'x', '1e3'])
    expect((await begin(length)).code, length).toBe('messenger.upload_malformed');
  expect((await begin(5, { sha256: 'beef' })).code).toBe('messenger.upload_malformed');
  const other = await openDeal(platform);
  const first = await begin(5 * MIB, { of: other });
  expect(first.status).toBe(201);
  expect((await begin(4 * MIB, { of: other })).code).toBe('messenger.quota_exceeded');
  const longer = await part(first.uploadId, 0, Buffer.alloc(6 * MIB), other.client);
  expect(longer.code).toBe('messenger.upload_too_large');
  const drop = await call(platform, other.client, 'dropUpload', { params: { uploadId: first.uploadId }, headers: TUS });
  expect(drop.status).toBe(204);
  await platform.drain();
  expect((await offsetOf(first.uploadId, other.client)).code).toBe('not_found');
  expect((await begin(4 * MIB, { of: other })).status).toBe(201);
  const bare = await call(platform, deal.client, 'createUpload', {
    params: { conversationId: deal.conversationId },
    headers: { 'upload-length': '5' },
  });
  expect(bare.code).toBe('messenger.upload_version');
});

test('Z2: an upload is its owner’s alone; a closed conversation takes none', async () => {
  const { uploadId } = await begin(5);
  for (const user of [deal.freelancer, talker()]) {
    expect((await part(uploadId, 0, Buffer.from('чужое'), user)).code).toBe('not_found');
    expect((await offsetOf(uploadId, user)).code).toBe('not_found');
    expect((await state(uploadId, user)).code).toBe('not_found');
    const drop = await call(platform, user, 'dropUpload', { params: { uploadId }, headers: TUS });
    expect(drop.code).toBe('not_found');
  }
  expect((await begin(5, { user: talker() })).code).toBe('not_found');
  const ended = await openDeal(platform);
  const begun = await begin(3, { of: ended });
  await changeStatus(platform, ended, 'cancelled', 2);
  await platform.drain();
  expect((await begin(5, { of: ended })).code).toBe('messenger.read_only');
  expect((await part(begun.uploadId, 0, Buffer.from('abc'), ended.client)).code).toBe('messenger.read_only');
});

test('an abandoned upload goes after a day with its parts; one whose last request died is finished', async () => {
  const { db } = platform.ctx('messenger');
  const { sql } = await import('#kit/db/db.ts');
  const abandoned = await begin(10);
  await part(abandoned.uploadId, 0, Buffer.from('полов'.slice(0, 2)));
  const [kept] = await partsKept();
  const key = kept?.parts[0] as string;
  expect(await platform.ctx('messenger').files.get(key)).toBeDefined();
  // As if the process had died between the last part and the look at the whole.
  const whole = Buffer.from('цел');
  const { uploadId } = await begin(whole.length);
  scanner.silent = true;
  expect((await part(uploadId, 0, whole)).code).toBe('unavailable');
  scanner.silent = false;
  expect((await state(uploadId)).body).toMatchObject({ offset: whole.length, attachment: null, refused: null });
  await platform.advance(61_000);
  expect((await state(uploadId)).body.attachment).toMatchObject({ attachmentId: uploadId });
  await platform.advance(DAY_MS);
  expect((await offsetOf(abandoned.uploadId)).code).toBe('not_found');
  expect(await platform.ctx('messenger').files.get(key)).toBeUndefined();
  expect(await db.many(sql`select 1 from uploads`)).toEqual([]);
});
