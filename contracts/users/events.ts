import { z } from 'zod';
import { event } from '../common/define.ts';
import { countryCode, id, locale, money, slug, timestamp } from '../common/values.ts';

export const usersEvents = {
  /** Everything that search needs of a freelancer: the subscriber replaces what it has. */
  profileUpdated: event({
    type: 'users.profile.updated.v1',
    summary: 'A profile was created or changed',
    subject: 'userId',
    personal: true,
    data: z.object({
      userId: id,
      /** Which of the two profiles are open. */
      kinds: z.array(z.enum(['freelancer', 'client'])),
      displayName: z.string(),
      slug: z.string(),
      headline: z.string().nullable(),
      about: z.string().nullable(),
      avatarUrl: z.string().nullable(),
      country: countryCode.nullable(),
      locale,
      languages: z.array(z.string()).default([]),
      /** Fields that guests are not shown. */
      membersOnly: z.array(z.enum(['country', 'city', 'languages', 'hourlyRate'])).default([]),
      skills: z.array(slug),
      styles: z.array(slug),
      hourlyRate: money.nullable(),
      availability: z.enum(['available', 'busy', 'unavailable']),
      rating: z.number().nullable(),
      reviewCount: z.number().int(),
      visibility: z.enum(['public', 'signed_in', 'hidden']),
      /** What changed, by field name; `created` at the first. */
      changed: z.array(z.string()),
    }),
  }),
  /** A look at a profile, once per viewer and day. Who looked is nowhere: the mark is made with a key and the day. */
  profileViewed: event({
    type: 'users.profile.viewed.v1',
    summary: 'A profile was looked at',
    subject: 'userId',
    data: z.object({ userId: id, viewer: z.string().max(64), day: z.iso.date() }),
  }),
  /** The person himself is told. */
  personalDataNoticed: event({
    type: 'users.personal-data.noticed.v1',
    summary: 'An archive of personal data is ready, or an erasure is near',
    subject: 'userId',
    data: z.object({
      userId: id,
      kind: z.enum(['export_ready', 'erasure_requested', 'erasure_near', 'erasure_called_off']),
      /** When the archive is deleted, when the account is erased. */
      at: timestamp.nullable(),
    }),
  }),
  userBlocked: event({
    type: 'users.user.blocked.v1',
    summary: 'A user was blocked',
    subject: 'userId',
    data: z.object({
      userId: id,
      actorId: id,
      until: timestamp.nullable(),
      /** What becomes of running deals; absent: they go on. */
      deals: z.enum(['leave', 'freeze', 'cancel']).optional(),
    }),
  }),
  userUnblocked: event({
    type: 'users.user.unblocked.v1',
    summary: 'A block was lifted',
    subject: 'userId',
    data: z.object({ userId: id, actorId: id }),
  }),
  userErased: event({
    type: 'users.user.erased.v1',
    summary: 'Personal data of a user is to be erased everywhere',
    subject: 'userId',
    data: z.object({ userId: id, actorId: id }),
  }),
};
