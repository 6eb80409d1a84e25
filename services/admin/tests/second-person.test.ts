import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { person } from '#testing/env.ts';
import { type AdminFixture, adminFixture, ALL_PERMISSIONS, userRow } from './fixture.ts';

let fix: AdminFixture;
let blocked = 0;
const second = person({ roles: ['admin'], permissions: ALL_PERMISSIONS });

beforeAll(async () => {
  fix = await adminFixture();
  fix.play('users', {
    getUser: async (input: { params: { userId: string } }) => userRow(input.params.userId),
    blockUser: async (input: { params: { userId: string } }) => {
      blocked++;
      return userRow(input.params.userId, { status: 'blocked' });
    },
  });
  fix.play('roles', {
    getRights: async () => ({ roles: [], permissions: [] }),
    listRoles: async () => ({ items: [] }),
  });
  await fix.call('putSetting', {
    params: { key: 'admin.second-person' },
    ifMatch: '"1"',
    body: { value: { permanentBlock: true, erasure: true, cancelDeals: true }, reason: 'вдвоём' },
  });
});
afterAll(() => fix.platform.close());

const block = (userId: string, user = fix.admin, until: string | null = null, deals = 'leave') =>
  fix.call('blockUser', { user, params: { userId }, body: { rule: 'fraud', reason: 'мошенничество', until, deals } });

test('a block without an end is done by the second admin only', async () => {
  const userId = newId();
  await expect(block(userId)).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  await expect(block(userId)).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  expect(blocked).toBe(0);
  expect((await fix.call('listProposals')).body.items).toMatchObject([
    { action: 'user.block', targetId: userId, proposedBy: fix.admin.userId, reason: 'мошенничество' },
  ]);
  expect((await block(userId, second)).body.status).toBe('blocked');
  expect(blocked).toBe(1);
  expect((await fix.call('listProposals')).body.items).toEqual([]);
  const log = await fix.log({ targetId: userId });
  expect(log[0]).toMatchObject({
    action: 'user.block',
    outcome: 'done',
    actorId: second.userId,
    after: { proposedBy: fix.admin.userId },
  });
  expect(log.filter((entry) => entry.action === 'user.block.propose')).toHaveLength(1);
});

test('a block with an end needs one admin', async () => {
  const until = new Date(fix.platform.clock.nowMs() + 86_400_000).toISOString();
  expect((await block(newId(), fix.admin, until)).body.status).toBe('blocked');
});

test('a block that cancels deals needs two whatever its end, and the second confirms the very same', async () => {
  const userId = newId();
  const until = new Date(fix.platform.clock.nowMs() + 86_400_000).toISOString();
  await expect(block(userId, fix.admin, until, 'cancel')).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  expect((await fix.call('listProposals')).body.items[0].details).toEqual({ rule: 'fraud', until, deals: 'cancel' });
  await expect(block(userId, second, null, 'cancel')).rejects.toMatchObject({ code: 'admin.proposal_differs' });
  expect((await block(userId, second, until, 'cancel')).body.status).toBe('blocked');
});

test('a proposal that was withdrawn or ran out confirms nothing', async () => {
  const before = blocked;
  const userId = newId();
  await expect(block(userId)).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  const [proposal] = (await fix.call('listProposals')).body.items;
  await fix.call('withdrawProposal', { params: { proposalId: proposal.proposalId } });
  await expect(block(userId, second)).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  fix.platform.clock.advance(8 * 86_400_000);
  const late = { ...fix.admin, authTime: Math.floor(fix.platform.clock.nowMs() / 1000) };
  await expect(block(userId, late)).rejects.toMatchObject({ code: 'admin.second_admin_needed' });
  expect(blocked).toBe(before);
});

test('the log is searched by words', async () => {
  expect((await fix.log({ q: 'МОШЕНН' })).length).toBeGreaterThan(0);
  expect(await fix.log({ q: '%%' })).toEqual([]);
});
