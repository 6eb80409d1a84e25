import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { ServiceName } from '#contracts/common/define.ts';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import { zipOf } from '#kit/export/zip.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { exportKey } from '../data/exports.ts';
import { noticePersonalData } from '../data/personal-data.ts';
import { fileOf, type Part, PARTS, pagesOf } from '../personal-data.ts';
import { profileById } from '../data/profiles.ts';
import { archiveEntries } from '../archive.ts';

const payload = z.strictObject({ exportId: id });
const KEPT_MS = 7 * 86_400_000;
/** Bytes of files after which no further one goes into the archive. */
const ROOM = 1024 * 1024 * 1024;

/** Puts an archive together; a service that is away makes it try again. */
export const assembleExport: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { exportId }) {
    const row = await ctx.db.maybe<{ userId: string }>(
      sql`select user_id as "userId" from exports where export_id = ${exportId} and status = 'pending'`,
    );
    if (!row) return;
    const size = await writeArchive(ctx, exportId, row.userId);
    const now = ctx.clock.now();
    const expires = new Date(now.getTime() + KEPT_MS);
    const there = await ctx.db.tx(async (tx) => {
      await tx.schedule('deleteExports', { exportIds: [exportId] }, { at: expires, key: `delete-export:${exportId}` });
      const ready = await tx.run(sql`
        update exports set status = 'ready', ready_at = ${now}, expires_at = ${expires}, size = ${size}
        where export_id = ${exportId} and status = 'pending'`);
      if (ready > 0) noticePersonalData(tx, row.userId, 'export_ready', expires);
      return ready;
    });
    // The person was erased meanwhile.
    if (there === 0) await ctx.files.delete(exportKey(exportId));
  },
};

/** Writes the archive into the store as it is put together; its size. */
async function writeArchive(ctx: UsersContext, exportId: string, userId: string): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'artel-export-'));
  try {
    const source = {
      at: ctx.clock.now().toISOString(),
      locale: (await profileById(ctx.db, userId))?.locale ?? 'ru',
      services: PARTS,
      pages: (service: ServiceName) => pagesOf(ctx, service as Part, userId),
      file: (service: ServiceName, fileId: string) => fileOf(ctx, service as Part, userId, fileId),
      room: ROOM,
    };
    const archive = Readable.from(zipOf(archiveEntries(source, scratch)));
    return await ctx.files.putStream(exportKey(exportId), archive, 'application/zip');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
