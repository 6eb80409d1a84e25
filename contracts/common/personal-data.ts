import { z } from 'zod';
import { internal, route, streamed } from './define.ts';
import { bilingual, id } from './values.ts';

/** Most bytes of one file in an export. */
const FILE_BYTES = 200 * 1024 * 1024;

/** What every service that knows people answers when a person asks for all of his data (P1). */
export const personalDataRoutes = {
  getPersonalData: route({
    method: 'GET',
    path: '/internal/personal-data/{userId}',
    summary: 'What the service keeps of a person, a page of every section',
    access: internal,
    params: z.object({ userId: id }),
    query: z.object({ page: z.coerce.number().int().min(0).max(100_000).default(0) }),
    reply: z.object({
      sections: z.array(
        z.object({ name: z.string(), title: bilingual, rows: z.array(z.record(z.string(), z.unknown())) }),
      ),
      /** Files that the person has put here. */
      files: z.array(z.object({ fileId: id, fileName: z.string() })),
      /** Some section goes on on the next page. */
      more: z.boolean(),
    }),
    timeoutMs: 30_000,
  }),
  getPersonalFile: route({
    method: 'GET',
    path: '/internal/personal-data/{userId}/files/{fileId}',
    summary: 'A file that a person has put here',
    access: internal,
    params: z.object({ userId: id, fileId: id }),
    reply: streamed(['*/*'], FILE_BYTES),
    timeoutMs: 60_000,
  }),
};
/** The row of these two calls, for the map of interactions. */
export const PERSONAL_DATA_CALLS = {
  getPersonalData: '+ a person exports all of his data',
  getPersonalFile: '+ a person exports all of his data',
} as const;
