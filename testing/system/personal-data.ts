import { unzipSync } from 'fflate';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import sharp from 'sharp';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { sql } from '#kit/db/db.ts';
import { AMQP_URL, readQueues } from '../rabbit.ts';
import { Api } from './api.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB, topUp } from './deal.ts';
import { ADMIN, allInOne, type World } from './world.ts';

/** P1, P2: words that only one person has written are all in his archive, are in nobody else's, and go with him. */
export function personalDataStory(transport: 'embedded' | 'rabbit'): void {
  let world: Awaited<ReturnType<typeof allInOne>>;
  let mine: Api;
  let other: Api;
  let orderId: string;
  let conversationId: string;
  let sketchId: string;
  let imageId: string;
  const OTHERS = 'чужаяканарейка';

  const canary = (what: string) => `канарейка${what}`;
  /** Go with the person. */
  const PERSONAL = [
    ...['имя', 'заголовок', 'осебе', 'город', 'работа', 'письмо', 'файл', 'обращение', 'правка', 'поиск'].map(canary),
    'canary-hook-7d1f',
    'canary-card-7d1f',
    '+79990001717',
  ];
  /** The content of a file. */
  const SKETCH = canary('эскиз');
  /** Stays: what was said in a deal is the other side's correspondence too, under a bare id. */
  const SAID = canary('реплика');

  /** Every line of the log, from the first. */
  const logLines: string[] = [];

  beforeAll(async () => {
    world = await allInOne({ logLines, rabbit: transport === 'rabbit' });
    await world.drain();
    [mine, other] = [new Api(world), new Api(world)];
    await registerAndConfirm(mine, { name: canary('имя'), roles: ['freelancer', 'client'], locale: 'ru' });
    await registerAndConfirm(other, { name: `${OTHERS} имя`, roles: ['client'], locale: 'ru' });
    const { headers } = await mine.get('/me/profile');
    const profile = { headline: canary('заголовок'), about: canary('осебе'), city: canary('город') };
    await mine.patch('/me/profile', profile, { ifMatch: headers.get('etag') ?? '' });
    const work = (await mine.post('/me/portfolio', { title: canary('работа') })).body;
    const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#b53' } })
      .png()
      .toBuffer();
    const image = await mine.post(`/me/portfolio/${work.itemId}/images`, undefined, {
      bytes,
      contentType: 'image/png',
    });
    imageId = image.body.images[0].imageId;
    await mine.post('/me/consents', { kind: 'news', version: '2026-01', given: true });
    await mine.post('/orders', { ...DRAFT, title: canary('правка') });
    await topUp(other, 1_000);
    orderId = (await other.post('/orders', { ...DRAFT, description: `${OTHERS} ${DRAFT.description}` })).body.orderId;
    await other.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
    await other.until(`/orders/${orderId}`, (order) => order.status === 'published');
    await mine.post(`/orders/${orderId}/responses`, {
      price: RUB(9_000),
      days: 3,
      letter: `${canary('письмо')} и ещё слова`,
    });
    await world.drain();
    conversationId = (await mine.until('/conversations', (body) => body.items.length > 0)).items[0].conversationId;
    const path = `/conversations/${conversationId}`;
    const name = encodeURIComponent(`${canary('файл')}.txt`);
    const sketch = await mine.post(`${path}/attachments?fileName=${name}`, undefined, { bytes: Buffer.from(SKETCH) });
    sketchId = sketch.body.attachmentId;
    await mine.post(`${path}/messages`, { messageId: randomUUID(), text: SAID, attachmentIds: [sketchId] });
    await other.post(`${path}/messages`, { messageId: randomUUID(), text: `${OTHERS} реплика` });
    await mine.post('/me/saved-searches', { name: canary('поиск'), query: { q: 'логотип' } });
    const hook = { url: 'https://hooks.invalid/canary-hook-7d1f', events: ['order.status_changed'] };
    await mine.post('/me/webhooks', hook);
    await topUp(mine, 1_000);
    await mine.post('/withdrawals', { amount: RUB(1_000), destination: { kind: 'card', token: 'canary-card-7d1f' } });
    await mine.post('/me/phone', { phone: '+79990001717' });
    const query = new URLSearchParams({ to: '+79990001717', kind: 'sms', timeoutMs: '20000' });
    const sms = await fetch(`${world.outside.catcherUrl}/api/messages/wait?${query}`);
    const code = /\d{6}/.exec(((await sms.json()) as { text: string }).text)?.[0];
    await mine.post('/me/phone/confirmation', { code }, { key: false });
    await mine.post('/tickets', {
      kind: 'question',
      subject: canary('обращение'),
      text: `${canary('обращение')} текст`,
    });
    await world.drain();
  }, 180_000);
  afterAll(() => world?.close());

  async function archiveOf(api: Api): Promise<Record<string, string>> {
    const asked = await api.post('/me/exports', undefined, { expect: 202 });
    expect((await api.post('/me/exports', undefined, { expect: 202 })).body.exportId).toBe(asked.body.exportId);
    const { items } = await api.until('/me/exports', (body) => body.items[0].status === 'ready');
    const archive = await api.get(`/me/exports/${asked.body.exportId}/archive`);
    expect([archive.headers.get('content-type'), items[0].size]).toEqual(['application/zip', archive.body.length]);
    const files = unzipSync(new Uint8Array(archive.body));
    return Object.fromEntries(Object.entries(files).map(([path, one]) => [path, Buffer.from(one).toString('utf8')]));
  }

  test('P1: one archive, from every service, for machines and people: all of mine, nothing of the other', async () => {
    const archive = await archiveOf(mine);
    const services = ['users', 'auth', 'roles', 'orders', 'messenger', 'notifications', 'payments', 'support'];
    for (const name of [...services, 'analytics', 'admin']) expect(Object.keys(archive)).toContain(`${name}.json`);
    const machine = Object.entries(archive)
      .filter(([path]) => path.endsWith('.json'))
      .map(([, content]) => content)
      .join('\n');
    for (const word of [...PERSONAL, SAID, mine.email]) {
      expect(machine, word).toContain(word);
      expect(archive['index.html'], word).toContain(word);
    }
    expect(Object.keys(archive).filter((path) => path.startsWith('files/'))).toEqual([
      `files/users/${imageId}-${imageId}.webp`,
      `files/messenger/${sketchId}-${canary('файл')}.txt`,
    ]);
    expect(archive[`files/messenger/${sketchId}-${canary('файл')}.txt`]).toBe(SKETCH);
    expect(JSON.parse(archive['users.json'] ?? '').consents).toMatchObject([
      { kind: 'terms', version: CURRENT_TEXTS.terms, given: true },
      { kind: 'privacy', version: CURRENT_TEXTS.privacy, given: true },
      { kind: 'news', given: true },
    ]);
    for (const [path, content] of Object.entries(archive)) {
      expect(content.replaceAll(`${OTHERS} имя`, ''), path).not.toContain(OTHERS);
      expect(content, path).not.toContain(other.email);
    }
    // No secret: what opens the account is nobody's to carry about.
    expect(machine).not.toMatch(/argon2|password_?hash|totp_?secret|token_?hash/i);
    const theirs = Object.values(await archiveOf(other)).join('\n');
    for (const word of [...PERSONAL, SAID, mine.email]) expect(theirs, word).not.toContain(word);
  });

  test('P1, Z2: an archive is its owner’s alone, wants a fresh sign-in, and is gone after a week', async () => {
    const { exportId } = (await mine.get('/me/exports')).body.items[0];
    expect((await other.get(`/me/exports/${exportId}/archive`, { expect: 404 })).body.code).toBe('not_found');
    const guest = new Api(world);
    await guest.get(`/me/exports/${exportId}/archive`, { expect: 401 });
    await world.advance(11 * 60_000);
    await mine.refresh();
    const stale = await mine.get(`/me/exports/${exportId}/archive`, { expect: 403 });
    expect(stale.body.code).toBe('fresh_sign_in_required');
    await mine.post('/me/exports', undefined, { expect: 403 });
    const files = world.platform.ctx('users').files;
    expect(await files.get(`export-${exportId}.zip`)).toBeDefined();
    await world.advance(7 * 86_400_000 + 60_000);
    expect(await files.get(`export-${exportId}.zip`)).toBeUndefined();
  });

  /** How a word may lie in bytes: as it is, in an address, in the text form of a binary column. */
  const formsOf = (word: string) => [word, encodeURIComponent(word), Buffer.from(word).toString('hex')];

  /** The tables that hold a word, the store of the embedded transport and the queues of jobs among them. */
  async function inTables(word: string): Promise<string[]> {
    const client = new pg.Client({ connectionString: world.adminUrl });
    await client.connect();
    try {
      const { rows: tables } = await client.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
      );
      const like = formsOf(word).map((form) => `%${form.replace(/[\\%_]/g, '\\$&')}%`);
      const found: string[] = [];
      for (const { name } of tables) {
        const { rows } = await client.query(`select 1 from ${name} t where t::text ilike any($1) limit 1`, [like]);
        if (rows.length > 0) found.push(name);
      }
      return found;
    } finally {
      await client.end();
    }
  }

  /** The files whose name or content holds a word. */
  function inFiles(word: string): string[] {
    const folder = world.platform.filesFolder;
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => formsOf(word).some((form) => path.includes(form) || readFileSync(path).includes(form)));
  }

  /** Where words lie: tables, files, queues of the broker (waiting, to be tried again, dead). Words that lie nowhere are left out. */
  async function everywhere(words: readonly string[]): Promise<Record<string, string[]>> {
    const { amqpPrefix } = world.platform;
    const queues = amqpPrefix === undefined ? [] : [...(await readQueues(AMQP_URL, amqpPrefix))];
    const found: Record<string, string[]> = {};
    for (const word of words) {
      const holding = queues.filter(([, bodies]) => bodies.some((body) => body.includes(word)));
      const places = [
        ...(await inTables(word)),
        ...inFiles(word),
        ...holding.map(([queue]) => queue.slice(amqpPrefix?.length)),
      ];
      if (places.length > 0) found[word] = places;
    }
    return found;
  }

  /** An event of the person that nobody can take, parked by every subscriber. */
  async function parkOne(): Promise<void> {
    const { userId } = mine;
    await world.platform.publish(usersEvents.profileUpdated.type, userId, { userId, displayName: canary('имя') });
    await expect.poll(async () => (await world.deadLetters()).length).toBeGreaterThanOrEqual(2);
  }

  test('P2: erasure can be called off; after its grace nothing personal is left but what the act of destruction names', async () => {
    await mine.signIn(mine.email, PASSWORD);
    const asked = await mine.post('/me/erasure', undefined, { expect: 202 });
    expect(Date.parse(asked.body.scheduledFor) - world.now().getTime()).toBeGreaterThan(13 * 86_400_000);
    expect((await mine.delete('/me/erasure')).body.scheduledFor).toBeNull();
    await world.advance(15 * 86_400_000);
    await mine.signIn(mine.email, PASSWORD);
    expect((await mine.get('/me/erasure')).body.scheduledFor).toBeNull();
    await parkOne();
    // The search sees: before, everything is found, also where it was parked.
    for (const word of [...PERSONAL, SAID, mine.email]) expect(await inTables(word), word).not.toEqual([]);
    expect(inFiles(SKETCH)).toHaveLength(1);
    const parkedAt = transport === 'rabbit' ? ['orders.dead', 'analytics.dead'] : ['bus.dead_letter'];
    expect((await everywhere([canary('имя')]))[canary('имя')]).toEqual(expect.arrayContaining(parkedAt));
    // P3: what opens the account lies nowhere in words, also while there is one.
    expect(await everywhere([PASSWORD, ADMIN.password, mine.refreshToken ?? '-', mine.token ?? '-'])).toEqual({});
    await mine.post('/me/erasure', undefined, { expect: 202 });
    await world.advance(14 * 86_400_000 + 60_000);
    await mine.post('/sessions', { email: mine.email, password: PASSWORD }, { expect: 401 });
    // The act is completed an hour later; stored replies and half-done sign-ins run out within days.
    await world.advance(3 * 86_400_000);
    expect(await everywhere([...PERSONAL, SKETCH, SAID, mine.email])).toEqual({ [SAID]: ['messenger.messages'] });
    expect(await world.deadLetters()).toEqual([]);
    expect(await world.platform.ctx('users').files.get(`${imageId}.webp`)).toBeUndefined();
    const parts = await world.platform
      .ctx('users')
      .db.many<{ service: string; kept: Record<string, number> }>(
        sql`select service, kept from erasure_parts order by service`,
      );
    expect(parts).toHaveLength(10);
    expect(parts.find((part) => part.service === 'auth')?.kept).not.toHaveProperty('passkeys');
    const admin = new Api(world as World);
    await admin.signIn(ADMIN.email, ADMIN.password);
    expect((await admin.get('/admin/audit-log')).body.items.map((one: { action: string }) => one.action)).toContain(
      'users.erased',
    );
  }, 180_000);

  test('P3, P2: nothing of it ever stood in a log, whatever was asked, refused, sent or parked', () => {
    expect(logLines.length).toBeGreaterThan(20);
    for (const word of [...PERSONAL, SAID, SKETCH, PASSWORD, ADMIN.password, mine.email, mine.token ?? '-'])
      for (const form of formsOf(word))
        expect(
          logLines.filter((line) => line.includes(form)),
          word,
        ).toEqual([]);
  });
}
