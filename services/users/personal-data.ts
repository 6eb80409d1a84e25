import type { ServiceName } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import { readPersonalData } from '#kit/service/personal-data.ts';
import type { UsersContext } from './context.ts';
import { ownFiles, ownSections } from './data/personal-data.ts';
import type { Section } from './domain/archive.ts';

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

/** All pages of what a service keeps of a person. */
export async function allOf(
  ctx: UsersContext,
  service: Part,
  userId: string,
): Promise<{ sections: Section[]; files: { fileId: string; fileName: string }[] }> {
  const sections = new Map<string, Section>();
  const files: { fileId: string; fileName: string }[] = [];
  for (let page = 0, more = true; more; page++) {
    const read = await pageOf(ctx, service, userId, page);
    for (const { name, title, rows } of read.sections) {
      const section = sections.get(name) ?? { name, title, rows: [] };
      section.rows.push(...rows);
      sections.set(name, section);
    }
    files.push(...read.files);
    more = read.more;
  }
  return { sections: [...sections.values()], files };
}

/** A file of a person; undefined when it was deleted meanwhile. */
export async function fileOf(
  ctx: UsersContext,
  service: Part,
  userId: string,
  fileId: string,
): Promise<Buffer | undefined> {
  if (service === 'users') {
    const own = await ctx.db.maybe(sql`select 1 from media where media_id = ${fileId} and user_id = ${userId}`);
    return own ? (await ctx.files.get(ownFiles.key(fileId)))?.content : undefined;
  }
  try {
    return await ctx.clients[service].getPersonalFile({ params: { userId, fileId } });
  } catch (error) {
    if (isProblem(error, 'not_found')) return undefined;
    throw error;
  }
}
