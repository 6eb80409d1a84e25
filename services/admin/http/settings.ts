import { SETTINGS, type SettingKey } from '#contracts/admin/settings.ts';
import { CURRENCIES } from '#contracts/common/values.ts';
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { differences } from '../domain/differences.ts';
import {
  addSettingVersion,
  isSettingKey,
  inForce,
  lockFor,
  settingHistory,
  settingVersions,
  type SettingRow,
  settingView,
  valueInForce,
  versionView,
} from '../data/settings.ts';
import { versionPage } from './version-page.ts';

/** A date that passed while the request was under way is not the past yet, milliseconds. */
const GRACE_MS = 60_000;

function keyOf(text: string): SettingKey {
  if (!isSettingKey(text)) throw new Problem('not_found');
  return text;
}

export const listSettings: AdminHandlers['listSettings'] = async (ctx, req) => {
  const all = await settingVersions(ctx.db);
  const items = (Object.keys(SETTINGS) as SettingKey[]).map((key) =>
    settingView(
      key,
      all.filter((row) => row.key === key),
      ctx.clock.now(),
      req.locale,
    ),
  );
  return { body: { items } };
};

export const getSetting: AdminHandlers['getSetting'] = async (ctx, req) => {
  const key = keyOf(req.params.key);
  const body = settingView(key, await settingVersions(ctx.db, key), ctx.clock.now(), req.locale);
  return { body, version: body.version };
};

export const getSettingHistory: AdminHandlers['getSettingHistory'] = async (ctx, req) => {
  const key = keyOf(req.params.key);
  return {
    body: await versionPage(req.query, (limit, below) => settingHistory(ctx.db, key, limit, below), versionView),
  };
};

export const diffSetting: AdminHandlers['diffSetting'] = async (ctx, req) => {
  const key = keyOf(req.params.key);
  const versions = await settingVersions(ctx.db, key);
  const [from, to] = [req.query.from, req.query.to].map((version) =>
    found(versions.find((row) => row.version === version)),
  ) as [SettingRow, SettingRow];
  return {
    body: { from: versionView(from), to: versionView(to), changes: differences(from.value, to.value) },
  };
};

/** The value as its declaration has it; what is wrong with it otherwise. */
function parseValue(key: SettingKey, value: unknown): unknown {
  const parsed = SETTINGS[key].schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem('admin.setting_faulty', {
    errors: parsed.error.issues.slice(0, 20).map((issue) => ({
      pointer: `/${['body', 'value', ...issue.path.map(String)].join('/')}`,
      detail: issue.message,
    })),
  });
}

interface Change {
  readonly key: SettingKey;
  readonly value: unknown;
  readonly actsFrom: Date | null;
  readonly actorId: string;
  readonly reason: string;
}

async function writeVersion(
  ctx: AdminContext,
  tx: Tx,
  req: { ifMatch: number | undefined; locale: 'ru' | 'en' },
  change: Change,
) {
  const { key, value, actorId, reason } = change;
  await lockFor(tx, `setting:${key}`);
  const versions = await settingVersions(tx, key);
  const latest = versions.reduce((max, row) => Math.max(max, row.version), 0);
  requireVersion(req, latest);
  const now = ctx.clock.now();
  const actsFrom = change.actsFrom === null || change.actsFrom < now ? now : change.actsFrom;
  const row = { key, version: latest + 1, value, actsFrom, actorId, reason, createdAt: now };
  await addSettingVersion(tx, row);
  const body = settingView(key, [...versions, row], now, req.locale);
  return {
    body,
    version: body.version,
    before: inForce(versions, actsFrom)?.value,
    after: { value, actsFrom: actsFrom.toISOString(), version: row.version },
  };
}

export const putSetting: AdminHandlers['putSetting'] = async (ctx, req) => {
  const key = keyOf(req.params.key);
  const { value: wanted, reason } = req.body;
  const actsFrom = req.body.actsFrom === null ? null : new Date(req.body.actsFrom);
  return await audited(
    ctx,
    req,
    {
      action: 'setting.put',
      targetKind: 'setting',
      targetId: key,
      reason,
      wanted: { value: wanted, actsFrom: req.body.actsFrom },
    },
    {
      async check() {
        parseValue(key, wanted);
        if (actsFrom !== null && actsFrom.getTime() < ctx.clock.nowMs() - GRACE_MS)
          throw new Problem('admin.setting_in_past');
      },
      write: (tx) =>
        writeVersion(ctx, tx, req, { key, value: parseValue(key, wanted), actsFrom, actorId: req.user.userId, reason }),
    },
  );
};

export const rollBackSetting: AdminHandlers['rollBackSetting'] = async (ctx, req) => {
  const key = keyOf(req.params.key);
  const { version, reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'setting.rollback', targetKind: 'setting', targetId: key, reason, wanted: { version } },
    {
      async write(tx) {
        const old = found((await settingVersions(tx, key)).find((row) => row.version === version));
        // A version of an earlier release may not fit any more.
        const value = parseValue(key, old.value);
        return await writeVersion(ctx, tx, req, { key, value, actsFrom: null, actorId: req.user.userId, reason });
      },
    },
  );
};

export const getPublicSettings: AdminHandlers['getPublicSettings'] = async (ctx) => {
  const all = await settingVersions(ctx.db);
  const now = ctx.clock.now();
  const timers = valueInForce('orders.timers', all, now);
  return {
    headers: { 'cache-control': 'public, max-age=30' },
    body: {
      placementFee: valueInForce('payments.placement-fee', all, now),
      commission: valueInForce('payments.commission', all, now),
      firstOrderBonus: valueInForce('payments.first-order-bonus', all, now),
      currencies: Object.entries(CURRENCIES).map(([code, decimals]) => ({
        code: code as keyof typeof CURRENCIES,
        decimals,
      })),
      timers: {
        reviewDays: timers.reviewDays,
        revealDays: timers.revealDays,
        noResponseDays: timers.noResponseDays,
      },
      revisions: valueInForce('orders.limits', all, now).revisions,
    },
  };
};
