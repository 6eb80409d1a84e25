import { z } from 'zod';
import { personalDataRoutes } from '../common/personal-data.ts';
import { bilingual, slug } from '../common/values.ts';

/** The dictionaries that an admin keeps (D3). `rules`: the rules of the platform, by which users are blocked. */
export const DICTIONARIES = ['categories', 'skills', 'styles', 'countries', 'rules'] as const;
export const dictionaryName = z.enum(DICTIONARIES);
export const dictionaryEntry = z.object({
  key: z.union([slug, z.string().regex(/^[A-Z]{2}$/)]),
  title: bilingual,
  parent: slug.nullable(),
  deprecated: z.boolean(),
  position: z.number().int(),
  /** The entry that took its place. */
  mergedInto: z.string().nullish(),
});
/** Routes of admin for other services. */
export const adminInternal = { ...personalDataRoutes };
