import { serveFile } from '#kit/files/serve.ts';
import type { usersContract } from '#contracts/users/index.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { forgetErasure, WARNINGS } from '../data/erasure.ts';
import { type ExportRow, exportKey, exportsOf } from '../data/exports.ts';
import { noticePersonalData } from '../data/personal-data.ts';
import { lockProfile, profileById } from '../data/profiles.ts';
import { isLastAdmin } from '../last-admin.ts';

type H = Handlers<typeof usersContract, UsersContext>;

const GRACE_MS = 14 * 86_400_000;

function exportView(row: ExportRow) {
  return {
    ...row,
    requestedAt: row.requestedAt.toISOString(),
    readyAt: row.readyAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}

/** One at a time: who asks again while one is being made gets that one. */
export const requestExport: H['requestExport'] = (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    found(await lockProfile(tx, userId));
    const running = (await exportsOf(tx, userId)).find((row) => row.status === 'pending');
    if (running) return { body: exportView(running) };
    const exportId = newId();
    const now = ctx.clock.now();
    await tx.run(
      sql`insert into exports (export_id, user_id, status, requested_at) values (${exportId}, ${userId}, 'pending', ${now})`,
    );
    await tx.schedule('assembleExport', { exportId });
    return {
      body: exportView({ exportId, status: 'pending', requestedAt: now, readyAt: null, expiresAt: null, size: null }),
    };
  });

export const listExports: H['listExports'] = async (ctx, req) => ({
  body: { items: (await exportsOf(ctx.db, req.user.userId)).map(exportView) },
});

export const getExportArchive: H['getExportArchive'] = async (ctx, req) => {
  const { exportId } = req.params;
  found(
    await ctx.db.maybe(sql`
      select 1 from exports where export_id = ${exportId} and user_id = ${req.user.userId} and status = 'ready' and expires_at > ${ctx.clock.now()}`),
  );
  const file = found(await ctx.files.open(exportKey(exportId)));
  return await serveFile(file, req, exportId, {
    'content-type': 'application/zip',
    'content-disposition': 'attachment; filename="artel-data.zip"',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
};

export const getOwnErasure: H['getOwnErasure'] = async (ctx, req) => {
  const profile = found(await profileById(ctx.db, req.user.userId));
  return { body: { scheduledFor: profile.eraseAt?.toISOString() ?? null } };
};

export const requestErasure: H['requestErasure'] = async (ctx, req) => {
  const { userId, roles } = req.user;
  if (roles.includes('admin') && (await isLastAdmin(ctx, userId, true))) throw new Problem('users.last_admin');
  return await req.tx(async (tx) => {
    const profile = found(await lockProfile(tx, userId));
    if (profile.eraseAt) return { body: { scheduledFor: profile.eraseAt.toISOString() } };
    const running = await tx.maybe(
      sql`select 1 from deals where (client_id = ${userId} or freelancer_id = ${userId}) and hired and not completed and not ended limit 1`,
    );
    if (running) throw new Problem('users.deals_running');
    const at = new Date(ctx.clock.nowMs() + GRACE_MS);
    await tx.run(sql`update profiles set erase_at = ${at} where user_id = ${userId}`);
    await tx.schedule('eraseDue', { userId }, { at, key: `erase:${userId}` });
    for (const [name, before] of WARNINGS)
      await tx.schedule(
        'warnOfErasure',
        { userId, eraseAt: at.toISOString() },
        { at: new Date(at.getTime() - before), key: `${name}:${userId}` },
      );
    noticePersonalData(tx, userId, 'erasure_requested', at);
    return { body: { scheduledFor: at.toISOString() } };
  });
};

export const cancelErasure: H['cancelErasure'] = (_ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const profile = found(await lockProfile(tx, userId));
    if (profile.eraseAt) noticePersonalData(tx, userId, 'erasure_called_off', null);
    await tx.run(sql`update profiles set erase_at = null where user_id = ${userId}`);
    await forgetErasure(tx, userId);
    return { body: { scheduledFor: null } };
  });

export const listConsents: H['listConsents'] = async (ctx, req) => ({
  body: {
    items: (
      await ctx.db.many<{ kind: 'terms' | 'privacy' | 'news'; version: string; given: boolean; at: Date }>(
        sql`select kind, version, given, at from consents where user_id = ${req.user.userId} order by consent_id desc limit 200`,
      )
    ).map((row) => ({ ...row, at: row.at.toISOString() })),
  },
});

export const putConsent: H['putConsent'] = (ctx, req) =>
  req.tx(async (tx) => {
    const { kind, version, given } = req.body;
    const at = ctx.clock.now();
    await tx.run(
      sql`insert into consents (user_id, kind, version, given, at) values (${req.user.userId}, ${kind}, ${version}, ${given}, ${at})`,
    );
    return { body: { kind, version, given, at: at.toISOString() } };
  });
