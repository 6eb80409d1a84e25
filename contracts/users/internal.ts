import { vitalsRoutes } from '../common/vitals.ts';
import { z } from 'zod';
import { internal, type Lookup, route } from '../common/define.ts';
import { usersEvents } from './events.ts';
import { countryCode, email, id, locale, page, pageQuery, phone, text, timestamp } from '../common/values.ts';

/** What any service may show of a person beside its own data. No private field. */
export const person = z.object({
  userId: id,
  displayName: z.string(),
  slug: z.string(),
  avatarUrl: z.string().nullable(),
  headline: z.string().nullable(),
  country: countryCode.nullable(),
  /** Mean of the published reviews, 1–5, two decimals; null without one. */
  rating: z.number().nullable(),
  reviewCount: z.number().int(),
  status: z.enum(['active', 'blocked', 'erased']),
});
export type Person = z.infer<typeof person>;

/** How a person can be reached. Private: only for the service that sends. */
export const contact = z.object({
  userId: id,
  displayName: z.string(),
  email: email,
  emailConfirmed: z.boolean(),
  phone: phone.nullable(),
  phoneVerified: z.boolean(),
  locale,
  timeZone: z.string(),
  status: z.enum(['active', 'blocked', 'erased']),
});
export type Contact = z.infer<typeof contact>;

/** A row of the admin's user list. */
export const userSummary = person.extend({
  email: z.string(),
  phone: z.string().nullable(),
  locale,
  registeredAt: timestamp,
  blockedUntil: timestamp.nullable(),
  blockReason: z.string().nullable(),
  version: z.number().int(),
});

const ids = z.object({
  /** At most 100 ids, comma-separated. Unknown ids are left out of the answer. */
  ids: z
    .string()
    .max(4000)
    .transform((s) => s.split(',').filter(Boolean))
    .pipe(z.array(id).min(1).max(100)),
});
const changedBy = [usersEvents.profileUpdated];
/** Decoration beside other data: kept, and forgotten at once when users tells of a change. */
const decoration: Lookup = { keepMs: 10_000, changedBy };
/** What something is decided by, or private: asked for every time, sent when it has changed. */
const asked: Lookup = { keepMs: 0, changedBy };
const byUser = z.object({ userId: id });

export const usersInternal = {
  ...vitalsRoutes,
  getPeople: route({
    method: 'GET',
    path: '/internal/people',
    summary: 'Public data of many people in one call',
    rows: ['I14', 'I16', 'I19'],
    access: internal,
    query: ids,
    reply: z.object({ items: z.array(person) }),
    lookup: decoration,
  }),
  getContacts: route({
    method: 'GET',
    path: '/internal/contacts',
    summary: 'Contact data of many people in one call',
    rows: ['I17'],
    access: internal,
    query: ids,
    reply: z.object({ items: z.array(contact) }),
    lookup: asked,
  }),
  /** 404 when the viewer may not see the person's profile (or there is none). */
  checkVisible: route({
    method: 'GET',
    path: '/internal/people/{userId}/visibility',
    summary: 'Whether somebody may see a profile',
    access: internal,
    params: byUser,
    query: z.object({ viewerId: id }),
    reply: z.object({ userId: id, displayName: z.string() }),
  }),
  getIdentity: route({
    method: 'GET',
    path: '/internal/identities/{userId}',
    summary: 'Whether a user exists and may act',
    rows: ['I18'],
    access: internal,
    params: byUser,
    reply: z.object({
      userId: id,
      displayName: z.string(),
      locale,
      status: z.enum(['active', 'blocked', 'erased']),
      country: countryCode.nullable(),
    }),
    lookup: asked,
  }),
  listUsers: route({
    method: 'GET',
    path: '/internal/users',
    summary: 'Search users for the administration',
    rows: ['I23'],
    access: internal,
    query: z.object({
      ...pageQuery,
      q: z.string().max(200).optional(),
      status: z.enum(['active', 'blocked', 'erased']).optional(),
    }),
    reply: page(userSummary),
    lookup: asked,
  }),
  getUser: route({
    method: 'GET',
    path: '/internal/users/{userId}',
    summary: 'One user for the administration',
    rows: ['I23'],
    access: internal,
    params: byUser,
    reply: userSummary,
    lookup: asked,
  }),
  /** Also ends all sessions of the user before it answers. */
  blockUser: route({
    method: 'POST',
    path: '/internal/users/{userId}/block',
    summary: 'Block a user',
    rows: ['I23'],
    access: internal,
    params: byUser,
    body: z.strictObject({
      actorId: id,
      reason: text(3, 2000),
      until: timestamp.nullable(),
      /** What becomes of running deals. */
      deals: z.enum(['leave', 'freeze', 'cancel']).default('leave'),
    }),
    reply: userSummary,
    status: 200,
  }),
  unblockUser: route({
    method: 'POST',
    path: '/internal/users/{userId}/unblock',
    summary: 'Lift a block',
    rows: ['I23'],
    access: internal,
    params: byUser,
    body: z.strictObject({ actorId: id, reason: text(3, 2000) }),
    reply: userSummary,
    status: 200,
  }),
  eraseUser: route({
    method: 'POST',
    path: '/internal/users/{userId}/erasure',
    summary: 'Delete a user with erasure of personal data',
    rows: ['I23'],
    access: internal,
    params: byUser,
    body: z.strictObject({ actorId: id, reason: text(3, 2000) }),
    reply: userSummary,
    status: 200,
  }),
};
