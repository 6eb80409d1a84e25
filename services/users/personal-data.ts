import type { Readable } from 'node:stream';
import type { ServiceName } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import { readPersonalData } from '#kit/service/personal-data.ts';
import type { UsersContext } from './context.ts';
import { ownFiles, ownSections } from './data/personal-data.ts';

/** Every service that keeps something of a person. The gateway keeps counters of the running minute only. */
export const PARTS = [
  'users',
  'auth',
  'roles',
  'orders',
  'messenger',
  'notifications',
  'payments',
  'support',
  'analytics',
  'admin',
] as const satisfies readonly ServiceName[];
export type Part = (typeof PARTS)[number];

function pageOf(ctx: UsersContext, service: Part, userId: string, page: number) {
  return service === 'users'
    ? readPersonalData(ctx.db, { sections: ownSections, files: ownFiles }, userId, page)
    : ctx.clients[service].getPersonalData({ params: { userId }, query: { page } });
}

/** What a service keeps of a person, page by page. */
export async function* pagesOf(ctx: UsersContext, service: Part, userId: string) {
  for (let page = 0, more = true; more; page++) {
    const read = await pageOf(ctx, service, userId, page);
    yield read;
    more = read.more;
  }
}

/** A file of a person, as it is read; undefined when it was deleted meanwhile. */
export async function fileOf(
  ctx: UsersContext,
  service: Part,
  userId: string,
  fileId: string,
): Promise<Readable | undefined> {
  if (service === 'users') {
    const own = await ctx.db.maybe(sql`select 1 from media where media_id = ${fileId} and user_id = ${userId}`);
    return own ? await (await ctx.files.open(ownFiles.key(fileId)))?.content() : undefined;
  }
  try {
    return await ctx.clients[service].getPersonalFile({ params: { userId, fileId } });
  } catch (error) {
    if (isProblem(error, 'not_found')) return undefined;
    throw error;
  }
}
