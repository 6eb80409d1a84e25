/** The export of personal data (P1), written once: a service says which of its rows and files are whose. */
import type { z } from 'zod';
import type { personalDataRoutes } from '#contracts/common/personal-data.ts';
import type { Bilingual } from '#contracts/common/values.ts';
import { type Queries, type Sql, sql } from '#kit/db/db.ts';
import { found } from './reply.ts';
import type { Reply, Req, ServiceContext } from './types.ts';

const PAGE = 500;

export interface PersonalSection {
  readonly title: Bilingual;
  /** Ordered by something unique; sums of money as text, so that no digit is lost in JSON. */
  rows(userId: string): Sql;
}
export interface PersonalFiles {
  /** `fileId` and `fileName` of what the person has put here, ordered by `fileId`. */
  rows(userId: string): Sql;
  key(fileId: string): string;
}

type Routes = typeof personalDataRoutes;
interface PersonalDataHandlers {
  getPersonalData(ctx: ServiceContext, req: Req<Routes['getPersonalData']>): Promise<Reply<Routes['getPersonalData']>>;
  getPersonalFile(ctx: ServiceContext, req: Req<Routes['getPersonalFile']>): Promise<Reply<Routes['getPersonalFile']>>;
}

/** One page of every section. */
export async function readPersonalData(
  db: Queries,
  of: { sections: Readonly<Record<string, PersonalSection>>; files?: PersonalFiles | undefined },
  userId: string,
  page: number,
): Promise<z.output<Routes['getPersonalData']['reply']>> {
  const window = sql`limit ${PAGE} offset ${page * PAGE}`;
  const sections = await Promise.all(
    Object.entries(of.sections).map(async ([name, { title, rows }]) => {
      const read = await db.many<{ row: Record<string, unknown> }>(
        sql`select to_jsonb(t) as row from (${rows(userId)}) t ${window}`,
      );
      return { name, title, rows: read.map(({ row }) => row) };
    }),
  );
  const files = of.files
    ? await db.many<{ fileId: string; fileName: string }>(
        sql`select "fileId", "fileName" from (${of.files.rows(userId)}) t ${window}`,
      )
    : [];
  const more = files.length === PAGE || sections.some((section) => section.rows.length === PAGE);
  return { sections, files, more };
}

/** The two handlers of a service, from what it keeps. */
export function personalDataHandlers(
  sections: Readonly<Record<string, PersonalSection>>,
  files?: PersonalFiles,
): PersonalDataHandlers {
  return {
    async getPersonalData(ctx, req) {
      return { body: await readPersonalData(ctx.db, { sections, files }, req.params.userId, req.query.page) };
    },
    async getPersonalFile(ctx, req) {
      const { userId, fileId } = req.params;
      const keeper = found(files);
      found(await ctx.db.maybe(sql`select 1 from (${keeper.rows(userId)}) t where "fileId" = ${fileId}`));
      const file = found(await ctx.files.open(keeper.key(fileId)));
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(file.size) };
      return { body: await file.content(), headers };
    },
  };
}
