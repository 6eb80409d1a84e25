import type { Currency, Locale } from '#contracts/common/values.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface Profile {
  userId: string;
  slug: string;
  displayName: string;
  email: string;
  emailConfirmed: boolean;
  phone: string | null;
  phoneVerified: boolean;
  locale: Locale;
  timeZone: string;
  country: string | null;
  city: string | null;
  kinds: ('freelancer' | 'client')[];
  headline: string | null;
  about: string | null;
  avatarMediaId: string | null;
  languages: { code: string; level: 'basic' | 'conversational' | 'fluent' | 'native' }[];
  hourlyRate: bigint | null;
  hourlyCurrency: Currency | null;
  availability: 'available' | 'busy' | 'unavailable';
  skills: { key: string; level: 'beginner' | 'intermediate' | 'expert' }[];
  styles: { key: string; level: 'beginner' | 'intermediate' | 'expert' }[];
  visibility: 'public' | 'signed_in' | 'hidden';
  membersOnly: ('country' | 'city' | 'languages' | 'hourlyRate')[];
  status: 'active' | 'blocked' | 'erased';
  blockReason: string | null;
  blockedUntil: Date | null;
  registeredAt: Date;
  eraseAt: Date | null;
  version: number;
  rating: number | null;
  reviewCount: number;
}

/** The keys stand in a column of their own, which a former release reads too; the levels beside them. */
export const stylesOf = sql`(select coalesce(jsonb_agg(jsonb_build_object('key', s.key, 'level', coalesce(p.style_levels->>s.key, 'intermediate')) order by s.n), '[]') from unnest(p.styles) with ordinality as s (key, n))`;
export const languagesOf = sql`(select coalesce(jsonb_agg(jsonb_build_object('code', l.code, 'level', coalesce(p.language_levels->>l.code, 'fluent')) order by l.n), '[]') from unnest(p.languages) with ordinality as l (code, n))`;

const columns = sql`p.user_id as "userId", p.slug, p.display_name as "displayName", p.email, p.email_confirmed as "emailConfirmed", p.phone, p.phone_verified as "phoneVerified", p.locale, p.time_zone as "timeZone",
  p.country, p.city, p.kinds, p.headline, p.about, p.avatar_media_id as "avatarMediaId", ${languagesOf} as languages, p.hourly_rate as "hourlyRate", p.hourly_currency as "hourlyCurrency", p.availability, p.skills, ${stylesOf} as styles,
  p.visibility, p.members_only as "membersOnly", p.status, p.block_reason as "blockReason", p.blocked_until as "blockedUntil", p.registered_at as "registeredAt", p.erase_at as "eraseAt", p.version,
  (select round(avg(r.rating), 2)::float8 from reviews r where r.target_id = p.user_id and not r.deleted) as rating,
  (select count(*)::int from reviews r where r.target_id = p.user_id and not r.deleted) as "reviewCount"`;

export function profilesById(db: Queries, ids: readonly string[]): Promise<Profile[]> {
  return db.many<Profile>(
    sql`select ${columns} from profiles p where p.user_id = any(${[...ids]}::uuid[]) order by p.user_id`,
  );
}

export async function profileById(db: Queries, userId: string): Promise<Profile | undefined> {
  return (await profilesById(db, [userId]))[0];
}

export function profileBySlug(db: Queries, slug: string): Promise<Profile | undefined> {
  return db.maybe<Profile>(sql`select ${columns} from profiles p where p.slug = ${slug}`);
}

/** The row for a change; reads and writes of one profile are one after the other. */
export async function lockProfile(tx: Tx, userId: string): Promise<Profile | undefined> {
  await tx.maybe(sql`select 1 from profiles where user_id = ${userId} for update`);
  return await profileById(tx, userId);
}

export function listProfiles(
  db: Queries,
  of: { q: string | null; status: string | null; before: { at: string; id: string } | null; limit: number },
): Promise<Profile[]> {
  const like = of.q === null ? null : `%${of.q.replace(/[\\%_]/g, '\\$&')}%`;
  return db.many<Profile>(sql`
    select ${columns} from profiles p
    where (${like}::text is null or p.display_name ilike ${like} or p.email ilike ${like} or p.slug ilike ${like}) and (${of.status}::text is null or p.status = ${of.status})
      and (${of.before?.at ?? null}::timestamptz is null or (p.registered_at, p.user_id) < (${of.before?.at ?? null}::timestamptz, ${of.before?.id ?? null}::uuid))
    order by p.registered_at desc, p.user_id desc limit ${of.limit}`);
}

export function mediaUrl(mediaId: string | null): string | null {
  return mediaId === null ? null : `/api/v1/media/${mediaId}`;
}

/** Raises the version and tells the others what the profile now is (E3, E4). */
export async function announceProfile(tx: Tx, userId: string, changed: readonly string[]): Promise<Profile> {
  await tx.run(sql`update profiles set version = version + 1 where user_id = ${userId}`);
  const profile = await profileById(tx, userId);
  if (!profile) throw new Error(`no profile ${userId}`);
  emitProfile(tx, profile, changed);
  return profile;
}

export function emitProfile(tx: Tx, profile: Profile, changed: readonly string[]): void {
  // A blocked or erased person is not to be found, whatever the profile says.
  const visibility = profile.status === 'active' ? profile.visibility : 'hidden';
  tx.emit(
    usersEvents.profileUpdated,
    profile.userId,
    {
      userId: profile.userId,
      kinds: profile.kinds,
      displayName: profile.displayName,
      slug: profile.slug,
      headline: profile.headline,
      about: profile.about,
      avatarUrl: mediaUrl(profile.avatarMediaId),
      country: profile.country,
      locale: profile.locale,
      languages: profile.languages.map((language) => language.code),
      membersOnly: profile.membersOnly,
      skills: profile.skills.map((skill) => skill.key),
      styles: profile.styles.map((style) => style.key),
      hourlyRate: rateOf(profile),
      availability: profile.availability,
      rating: profile.rating,
      reviewCount: profile.reviewCount,
      visibility,
      changed: [...changed],
    },
    profile.version,
  );
}

export function rateOf(profile: Profile): { amount: string; currency: Currency } | null {
  return profile.hourlyRate === null || profile.hourlyCurrency === null
    ? null
    : { amount: profile.hourlyRate.toString(), currency: profile.hourlyCurrency };
}
