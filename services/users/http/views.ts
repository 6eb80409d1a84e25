import type { z } from 'zod';
import type { ownProfile, publicProfile } from '#contracts/users/http.ts';
import type { Queries } from '#kit/db/db.ts';
import { portfolioOf } from '../data/portfolio.ts';
import { mediaUrl, type Profile, rateOf } from '../data/profiles.ts';
import { recordOf } from '../data/records.ts';
import { safeHtml } from '../domain/text.ts';

export async function publicView(db: Queries, profile: Profile): Promise<z.input<typeof publicProfile>> {
  const [portfolio, record] = await Promise.all([portfolioOf(db, profile.userId), recordOf(db, profile.userId)]);
  const {
    userId,
    slug,
    displayName,
    kinds,
    headline,
    country,
    city,
    languages,
    availability,
    skills,
    styles,
    rating,
    reviewCount,
  } = profile;
  return {
    userId,
    slug,
    displayName,
    kinds,
    headline,
    country,
    city,
    languages,
    availability,
    skills,
    styles,
    rating,
    reviewCount,
    portfolio,
    record,
    aboutHtml: profile.about === null ? null : safeHtml(profile.about),
    avatarUrl: mediaUrl(profile.avatarMediaId),
    hourlyRate: rateOf(profile),
    memberSince: profile.registeredAt.toISOString(),
  };
}

/** What a guest sees of fields that their owner keeps for members. */
export function forGuests(
  view: z.input<typeof publicProfile>,
  membersOnly: Profile['membersOnly'],
): z.input<typeof publicProfile> {
  const kept = new Set(membersOnly);
  return {
    ...view,
    country: kept.has('country') ? null : view.country,
    city: kept.has('city') ? null : view.city,
    hourlyRate: kept.has('hourlyRate') ? null : view.hourlyRate,
    languages: kept.has('languages') ? [] : view.languages,
  };
}

export async function ownView(db: Queries, profile: Profile): Promise<z.input<typeof ownProfile>> {
  const view = await publicView(db, profile);
  const { about, email, emailConfirmed, phone, phoneVerified, locale, timeZone, visibility, membersOnly, version } =
    profile;
  return {
    ...view,
    about,
    email,
    emailConfirmed,
    phone,
    phoneVerified,
    locale,
    timeZone,
    visibility,
    membersOnly,
    version,
    completeness: completeness(profile, view.portfolio.length),
  };
}

/** How much of a profile is there, and what would help most next. */
export function completeness(profile: Profile, works: number): { percent: number; next: string | null } {
  const freelancer = profile.kinds.includes('freelancer');
  const steps: [string, boolean][] = [
    ['avatar', profile.avatarMediaId !== null],
    ['country', profile.country !== null],
    ...(freelancer
      ? ([
          ['headline', Boolean(profile.headline)],
          ['skills', profile.skills.length > 0],
          ['portfolio', works > 0],
          ['about', Boolean(profile.about)],
          ['hourlyRate', profile.hourlyRate !== null],
          ['styles', profile.styles.length > 0],
        ] as [string, boolean][])
      : ([['about', Boolean(profile.about)]] as [string, boolean][])),
    ['phone', profile.phoneVerified],
  ];
  const done = steps.filter(([, there]) => there).length;
  return { percent: Math.round((done / steps.length) * 100), next: steps.find(([, there]) => !there)?.[0] ?? null };
}
