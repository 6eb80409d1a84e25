import { z } from 'zod';
import { countryCode, currency, slug, timestamp } from '../common/values.ts';
import { freelancerHit, orderSummary } from './views.ts';

const minor = z.string().regex(/^\d{1,15}$/);
const oneOrMany = (item: z.ZodType<string>) =>
  z
    .union([item, z.array(item).max(20)])
    .transform((value) => [value].flat())
    .optional();
/** ISO 639. */
const language = z.string().regex(/^[a-z]{2,3}$/);
const words = z.string().max(200).optional();
/** True: the words as they are typed, without a correction. */
const exact = z.stringbool().default(false);

/** What orders are searched by. */
export const orderQuery = {
  q: words,
  exact,
  category: slug.optional(),
  tag: oneOrMany(z.string().max(40)),
  skill: oneOrMany(slug),
  style: oneOrMany(slug),
  /** In minor units; an order fits whose budget reaches into the range. */
  budgetMin: minor.optional(),
  budgetMax: minor.optional(),
  currency: currency.optional(),
  deadlineAfter: timestamp.optional(),
  deadlineBefore: timestamp.optional(),
  publishedAfter: timestamp.optional(),
  urgent: z.stringbool().optional(),
  nda: z.stringbool().optional(),
  sort: z.enum(['newest', 'budget', 'deadline', 'relevance']).default('newest'),
};

/** What freelancers are searched by. What a person shows to members only, a guest's search does not know. */
export const freelancerQuery = {
  q: words,
  exact,
  skill: oneOrMany(slug),
  style: oneOrMany(slug),
  language: oneOrMany(language),
  country: countryCode.optional(),
  /** Hourly, in minor units; with `currency` only rates in it. */
  rateMin: minor.optional(),
  rateMax: minor.optional(),
  currency: currency.optional(),
  ratingMin: z.coerce.number().min(1).max(5).optional(),
  availability: z.enum(['available', 'busy', 'unavailable']).optional(),
  sort: z.enum(['rating', 'newest', 'rate', 'relevance']).default('rating'),
};

/** `atLeast`: there are more than were counted; shown as `500+`. */
const count = z.object({ count: z.number().int(), atLeast: z.boolean() });
const keyed = z.array(count.extend({ key: z.string() }));

/**
 * Counts among the matches, most first. Exact up to 500 matches; of a wider search the newest 500 are counted, and every
 * count says so by `atLeast`.
 */
export const facets = z.object({
  total: count,
  categories: keyed,
  skills: keyed,
  styles: keyed,
  tags: keyed,
  /** Ranges of the budget, in minor units of the currency; `max` null: and above. An order counts in each that its budget reaches into. */
  budgets: z.array(count.extend({ currency, min: minor, max: minor.nullable() })),
  /** `urgent`, `nda`. */
  kinds: keyed,
});

/** The same of freelancers; of a wider search those are counted that come first in the order of the page, a thousand at most. */
export const freelancerFacets = z.object({
  total: count,
  skills: keyed,
  styles: keyed,
  languages: keyed,
  countries: keyed,
  availability: keyed,
  /** `4` and `4.5`: rated so or better. */
  ratings: keyed,
});

/** The words that were searched instead, when the typed ones find nothing. `exact=true` searches the typed ones. */
export const corrected = z.object({ from: z.string(), to: z.string() }).nullable();

/**
 * Why a hit is here: the fields where the words stand, which of them, and what a field weighs in `relevance`. Empty
 * without words.
 */
const why = <const F extends readonly [string, ...string[]]>(...fields: F) =>
  z.array(z.object({ field: z.enum(fields), weight: z.number(), words: z.array(z.string()) }));

export const orderHit = orderSummary.extend({
  why: why('title', 'tags', 'description'),
  /** What `sort=relevance` sorts by; null in the other sorts. */
  score: z.number().nullable(),
});
export const foundFreelancer = freelancerHit.extend({
  languages: z.array(z.string()),
  /** Besides the words, rating and availability weigh in the score. */
  why: why('headline', 'skills', 'about', 'name', 'rating', 'availability'),
  score: z.number().nullable(),
});
