import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { exportKey } from '../data/exports.ts';
import { noticePersonalData } from '../data/personal-data.ts';
import { allOf, fileOf, PARTS } from '../personal-data.ts';
import { profileById } from '../data/profiles.ts';
import { type ArchiveFile, filePath, makeArchive } from '../domain/archive.ts';

const payload = z.strictObject({ exportId: id });
const KEPT_MS = 7 * 86_400_000;
/** Most bytes of files in one archive; it is put together in memory. */
const MAX_FILES = 200 * 1024 * 1024;

/** Puts an archive together; a service that is away makes it try again. */
export const assembleExport: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { exportId }) {
    const row = await ctx.db.maybe<{ userId: string }>(
      sql`select user_id as "userId" from exports where export_id = ${exportId} and status = 'pending'`,
    );
    if (!row) return;
    const content = await archiveOf(ctx, row.userId);
    await ctx.files.put(exportKey(exportId), content, 'application/zip');
    const now = ctx.clock.now();
    const expires = new Date(now.getTime() + KEPT_MS);
    const there = await ctx.db.tx(async (tx) => {
      await tx.schedule('deleteExports', { exportIds: [exportId] }, { at: expires, key: `delete-export:${exportId}` });
      const ready = await tx.run(sql`
        update exports set status = 'ready', ready_at = ${now}, expires_at = ${expires}, size = ${content.length}
        where export_id = ${exportId} and status = 'pending'`);
      if (ready > 0) noticePersonalData(tx, row.userId, 'export_ready', expires);
      return ready;
    });
    // The person was erased meanwhile.
    if (there === 0) await ctx.files.delete(exportKey(exportId));
  },
};

async function archiveOf(ctx: UsersContext, userId: string): Promise<Buffer> {
  const services = [];
  const files: ArchiveFile[] = [];
  const leftOut: string[] = [];
  let room = MAX_FILES;
  for (const service of PARTS) {
    const read = await allOf(ctx, service, userId);
    services.push({ service, sections: read.sections });
    for (const { fileId, fileName } of read.files) {
      const content = room > 0 ? await fileOf(ctx, service, userId, fileId) : undefined;
      room -= content?.length ?? 0;
      if (content && room >= 0) files.push({ path: filePath(service, fileId, fileName), content });
      else leftOut.push(`${service}: ${fileName}`);
    }
  }
  const locale = (await profileById(ctx.db, userId))?.locale ?? 'ru';
  return await makeArchive({ at: ctx.clock.now().toISOString(), locale, services, files, leftOut });
}
