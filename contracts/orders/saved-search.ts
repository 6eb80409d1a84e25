import { z } from 'zod';
import { currency, id, slug, text, timestamp } from '../common/values.ts';

const minor = z.string().regex(/^\d{1,15}$/);

/** A saved search: the conditions of a search of orders, and how often news of it come. At least one condition. */
export const savedQuery = z
  .strictObject({
    q: text(1, 200),
    category: slug,
    tag: z.array(text(1, 40)).min(1).max(20),
    skill: z.array(slug).min(1).max(20),
    style: z.array(slug).min(1).max(20),
    budgetMin: minor,
    budgetMax: minor,
    currency,
    urgent: z.boolean(),
    nda: z.boolean(),
  })
  .partial()
  .refine((query) => Object.values(query).some((value) => value !== undefined), 'at least one condition');
/** `instant`: of each order at once; `daily`, `weekly`: together, at 9 in the morning in Moscow, weekly on Mondays. */
export const frequency = z.enum(['instant', 'daily', 'weekly', 'off']);

export const savedSearchFields = { name: text(1, 100), query: savedQuery, frequency };
export const savedSearchView = z.object({
  savedSearchId: id,
  name: z.string(),
  query: savedQuery,
  frequency,
  /** New orders that it found so far, and when the last. */
  found: z.number().int(),
  lastFoundAt: timestamp.nullable(),
  createdAt: timestamp,
  version: z.number().int(),
});
