import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { person } from '#testing/env.ts';
import { type AdminFixture, adminFixture, ALL_PERMISSIONS, userRow } from './fixture.ts';

let fix: AdminFixture;
const other = person({ roles: ['admin'], permissions: ALL_PERMISSIONS });
const notices: { recipientIds: string[]; critical: boolean; text: { ru: string } }[] = [];
const asked: { deals?: string }[] = [];
const TOKEN = 'token-of-the-blocked-person';
let tokenOf = '';

beforeAll(async () => {
  fix = await adminFixture();
  fix.play('users', {
    getUser: async (input: { params: { userId: string } }) => userRow(input.params.userId),
    blockUser: async (input: { params: { userId: string }; body: { deals: string } }) => {
      asked.push(input.body);
      return userRow(input.params.userId, { status: 'blocked' });
    },
    unblockUser: async (input: { params: { userId: string } }) => userRow(input.params.userId),
  });
  fix.play('roles', {
    getRights: async () => ({ roles: ['client'], permissions: [] }),
    listRoles: async () => ({ items: [] }),
  });
  fix.play('auth', {
    checkAppealToken: async (input: { body: { token: string } }) => {
      if (input.body.token !== TOKEN) throw new Problem('not_found');
      return { userId: tokenOf };
    },
  });
  await fix.platform.bus.subscribe({
    queue: 'listener',
    types: ['admin.notice.requested.v1', 'admin.dictionary.merged.v1'],
    prefetch: 50,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        notices.push(JSON.parse(delivery.raw.toString('utf8')).data);
        delivery.ack();
      }
    },
  });
});
afterAll(() => fix.platform.close());
beforeEach(() => {
  notices.length = 0;
});

const block = (userId: string, body: object = {}) =>
  fix.call('blockUser', {
    params: { userId },
    body: { rule: 'fraud', reason: 'чужие работы', deals: 'freeze', ...body },
  });
const card = async (userId: string) => (await fix.call('getUserCard', { params: { userId } })).body;
const guest = (route: string, body: object) => fix.call(route, { user: undefined, body });

test('D1: a block names a rule of the dictionary, reason, proof, end, and what becomes of deals; the person is told', async () => {
  const userId = newId();
  await expect(block(userId, { rule: 'no-such' })).rejects.toMatchObject({ code: 'admin.no_such_rule' });
  const missing = { evidence: [{ kind: 'file', evidenceId: newId() }] };
  await expect(block(userId, missing)).rejects.toMatchObject({ code: 'admin.no_such_evidence' });
  const { body: file } = await fix.call('addEvidence', {
    query: { fileName: '../переписка.html' },
    body: Buffer.from('<script>'),
    contentType: 'text/html',
  });
  const evidence = [
    { kind: 'link', url: 'https://example.com/work' },
    { kind: 'file', evidenceId: file.evidenceId },
  ];
  await block(userId, { evidence });
  expect(asked.at(-1)).toMatchObject({ deals: 'freeze' });
  expect((await card(userId)).blocks).toMatchObject([
    {
      rule: 'fraud',
      ruleTitle: 'Обман, чужие работы, поддельные документы',
      evidence: [{}, { size: 8 }],
      liftedAt: null,
    },
  ]);
  const shown = await fix.call('getEvidence', { params: { evidenceId: file.evidenceId } });
  expect(shown.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
  });
  await fix.platform.drain();
  expect(notices).toMatchObject([{ recipientIds: [userId], critical: true }]);
  expect(notices[0]?.text.ru).toContain('/blocked');
  await fix.call('unblockUser', { params: { userId }, body: { reason: 'разобрались' } });
  expect((await card(userId)).blocks[0]).toMatchObject({ liftReason: 'разобрались', liftedBy: fix.admin.userId });
});

test('the card stands without the services that know the rest', async () => {
  const userId = newId();
  expect(await card(userId)).toMatchObject({ deals: null, money: null, tickets: null, roles: ['client'] });
});

test('a blocked person reads the own block and appeals once; somebody else decides, and it is told', async () => {
  const userId = newId();
  tokenOf = userId;
  await expect(guest('viewOwnBlock', { token: 'x'.repeat(30) })).rejects.toMatchObject({ code: 'not_found' });
  await expect(guest('viewOwnBlock', { token: TOKEN })).rejects.toMatchObject({ code: 'not_found' });
  await block(userId);
  const { body: own } = await guest('viewOwnBlock', { token: TOKEN });
  expect(own).toMatchObject({ reason: 'чужие работы', appeal: null });
  expect(JSON.stringify(own)).not.toContain(fix.admin.userId);
  await guest('appealBlock', { token: TOKEN, text: 'Это мои собственные работы.' });
  await expect(guest('appealBlock', { token: TOKEN, text: 'И ещё раз о том же.' })).rejects.toMatchObject({
    code: 'admin.appealed_already',
  });
  const [appeal] = (await fix.call('listBlockAppeals')).body.items;
  expect(appeal).toMatchObject({ userId, text: 'Это мои собственные работы.', block: { rule: 'fraud' } });
  const decide = (user = other) =>
    fix.call('decideBlockAppeal', {
      user,
      params: { appealId: appeal.appealId },
      body: { decision: 'lift', reason: 'Авторство подтверждено.' },
    });
  await expect(decide(fix.admin)).rejects.toMatchObject({ code: 'admin.same_person' });
  expect((await decide()).body).toMatchObject({ status: 'upheld', decidedBy: other.userId });
  await expect(decide()).rejects.toMatchObject({ code: 'admin.already_decided' });
  expect((await card(userId)).blocks[0]).toMatchObject({ liftedBy: other.userId, appeal: { status: 'upheld' } });
  await fix.platform.drain();
  expect(notices.at(-1)).toMatchObject({ recipientIds: [userId], text: { ru: 'Авторство подтверждено.' } });
  expect((await fix.log({ targetId: userId })).map((entry) => [entry.action, entry.outcome])).toEqual([
    ['user.block.appeal-decision', 'refused'],
    ['user.block.appeal-decision', 'done'],
    ['user.block.appeal-decision', 'refused'],
    ['user.block.appeal', 'done'],
    ['user.block', 'done'],
  ]);
});

test('a block that ends by its date leaves its appeal nothing to decide', async () => {
  const userId = newId();
  tokenOf = userId;
  await block(userId, { until: new Date(fix.platform.clock.nowMs() + 86_400_000).toISOString() });
  await guest('appealBlock', { token: TOKEN, text: 'Прошу снять раньше срока.' });
  fix.platform.clock.advance(2 * 86_400_000);
  await fix.platform.publish('users.user.unblocked.v1', userId, { userId, actorId: newId() });
  await fix.platform.drain();
  const fresh = { ...fix.admin, authTime: Math.floor(fix.platform.clock.nowMs() / 1000) };
  const { body } = await fix.call('getUserCard', { user: fresh, params: { userId } });
  expect(body.blocks[0]).toMatchObject({ liftedBy: null, appeal: { status: 'moot' } });
});

test('D3: an entry is merged into another: deprecated, its children follow, the platform is told', async () => {
  const before = (await fix.call('getDictionary', { user: undefined, params: { name: 'skills' } })).body;
  const [from, into] = before.items.map((one: { key: string }) => one.key);
  const merge = (key: string, target: string, version = before.version) =>
    fix.call('mergeDictionaryEntry', {
      params: { name: 'skills', key },
      ifMatch: `"${version}"`,
      body: { into: target, reason: 'дубль' },
    });
  await expect(merge(from, from)).rejects.toMatchObject({ code: 'admin.key_faulty' });
  await expect(merge(from, into, 99)).rejects.toMatchObject({ code: 'version_mismatch' });
  const { items } = (await merge(from, into)).body;
  expect(items.find((one: { key: string }) => one.key === from)).toMatchObject({ deprecated: true, mergedInto: into });
  await expect(merge(into, from, before.version + 1)).rejects.toMatchObject({ code: 'admin.key_faulty' });
  await fix.platform.drain();
  expect(notices).toMatchObject([{ dictionary: 'skills', from, into }]);
});

test('D3: what differs between two versions of a setting is named place by place', async () => {
  await fix.call('putSetting', {
    params: { key: 'orders.limits' },
    ifMatch: '"1"',
    body: { value: { revisions: 5, liveResponsesPerFreelancer: 50 }, reason: 'больше правок' },
  });
  const { body } = await fix.call('diffSetting', { params: { key: 'orders.limits' }, query: { from: 1, to: 2 } });
  expect(body.changes).toEqual([{ path: '/revisions', before: 3, after: 5 }]);
  await expect(
    fix.call('diffSetting', { params: { key: 'orders.limits' }, query: { from: 1, to: 9 } }),
  ).rejects.toMatchObject({ code: 'not_found' });
});
