import type { usersContract } from '#contracts/users/index.ts';
import { join, raw, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { announceProfile, lockProfile, profileById, profileBySlug } from '../data/profiles.ts';
import { cleanImage } from '../domain/images.ts';
import { noteView } from '../profile-views.ts';
import { storeImage } from '../store-image.ts';
import { dropMedia, mediaKey } from '../data/media.ts';
import { forGuests, ownView, publicView } from './views.ts';

type H = Handlers<typeof usersContract, UsersContext>;
const AVATAR_EDGE = 512;

export const getOwnProfile: H['getOwnProfile'] = async (ctx, req) => {
  const profile = found(await profileById(ctx.db, req.user.userId));
  return { body: await ownView(ctx.db, profile), version: profile.version };
};

export const editOwnProfile: H['editOwnProfile'] = async (ctx, req) => {
  const { body } = req;
  if (body.timeZone !== undefined) checkTimeZone(body.timeZone);
  await checkKeys(ctx, req.user.userId, body);
  return req.tx(async (tx) => {
    const before = found(await lockProfile(tx, req.user.userId));
    requireVersion(req, before.version);
    const set = [
      body.displayName === undefined ? [] : [sql`display_name = ${body.displayName}`],
      body.headline === undefined ? [] : [sql`headline = ${body.headline || null}`],
      body.about === undefined ? [] : [sql`about = ${body.about || null}`],
      body.country === undefined ? [] : [sql`country = ${body.country}`],
      body.city === undefined ? [] : [sql`city = ${body.city || null}`],
      body.timeZone === undefined ? [] : [sql`time_zone = ${body.timeZone}`],
      body.languages === undefined ? [] : levelled('languages', 'language_levels', body.languages, ({ code }) => code),
      body.hourlyRate === undefined
        ? []
        : [
            sql`hourly_rate = ${body.hourlyRate?.amount ?? null}, hourly_currency = ${body.hourlyRate?.currency ?? null}`,
          ],
      body.availability === undefined ? [] : [sql`availability = ${body.availability}`],
      body.skills === undefined ? [] : [sql`skills = ${JSON.stringify(uniqueBy(body.skills, (skill) => skill.key))}`],
      body.styles === undefined ? [] : levelled('styles', 'style_levels', body.styles, ({ key }) => key),
      body.visibility === undefined ? [] : [sql`visibility = ${body.visibility}`],
      body.locale === undefined ? [] : [sql`locale = ${body.locale}`],
      body.kinds === undefined ? [] : [sql`kinds = ${[...new Set(body.kinds)]}`],
      body.membersOnly === undefined ? [] : [sql`members_only = ${[...new Set(body.membersOnly)]}`],
      body.slug === undefined ? [] : [sql`slug = ${body.slug}`],
    ].flat();
    if (set.length === 0) return { body: await ownView(tx, before), version: before.version };
    if (body.slug !== undefined && body.slug !== before.slug) await claimSlug(tx, body.slug);
    await tx.run(sql`update profiles set ${join(set)} where user_id = ${req.user.userId}`);
    const profile = await announceProfile(tx, req.user.userId, Object.keys(body));
    return { body: await ownView(tx, profile), version: profile.version };
  });
};

/** Keys and levels, each in its column. */
function levelled<T extends { level: string }>(
  keys: 'languages' | 'styles',
  levels: 'language_levels' | 'style_levels',
  items: readonly T[],
  key: (item: T) => string,
): Sql[] {
  const each = uniqueBy(items, key);
  const levelOf = Object.fromEntries(each.map((item) => [key(item), item.level]));
  return [sql`${raw(keys)} = ${each.map(key)}, ${raw(levels)} = ${JSON.stringify(levelOf)}`];
}

/** The last of each key, in the order of the first. */
function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/** An address belongs to one person; two who ask for it at once wait for each other. */
async function claimSlug(tx: Tx, wanted: string): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtextextended(${wanted}, 3))::text as locked`);
  if (/^(erased|admin|support|artel)(-|$)/.test(wanted) || (await profileBySlug(tx, wanted)))
    throw new Problem('users.slug_taken', { detail: wanted });
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new Problem('users.time_zone_unknown', { detail: timeZone });
  }
}

/** Skills, styles and countries come from the dictionaries that the administration keeps. What a person has stays allowed when it is deprecated. */
async function checkKeys(
  ctx: UsersContext,
  userId: string,
  body: { skills?: { key: string }[]; styles?: { key: string }[]; country?: string | null },
): Promise<void> {
  const wanted = [
    ['skills', (body.skills ?? []).map((skill) => skill.key)],
    ['styles', (body.styles ?? []).map((style) => style.key)],
    ['countries', body.country ? [body.country] : []],
  ] as const;
  if (wanted.every(([, keys]) => keys.length === 0)) return;
  const rows = await ctx.db.many<{ dictionary: string; keys: string[] }>(
    sql`select dictionary, keys from dictionaries`,
  );
  const own = await profileById(ctx.db, userId);
  const kept = [...(own?.skills ?? []), ...(own?.styles ?? [])].map(({ key }) => key).concat(own?.country ?? '');
  for (const [dictionary, keys] of wanted) {
    const known = new Set([...(rows.find((row) => row.dictionary === dictionary)?.keys ?? []), ...kept]);
    const unknown = keys.filter((key) => !known.has(key));
    if (unknown.length > 0)
      throw new Problem('users.unknown_key', {
        detail: `${dictionary}: ${unknown.join(', ')}`,
        errors: [
          {
            pointer: `/body/${dictionary === 'countries' ? 'country' : dictionary}`,
            detail: `not in the dictionary: ${unknown.join(', ')}`,
          },
        ],
      });
  }
}

export const putAvatar: H['putAvatar'] = async (ctx, req) => {
  const { userId } = req.user;
  const image = await cleanImage(req.body, AVATAR_EDGE);
  const mediaId = newId();
  await storeImage(ctx, mediaId, image.content);
  const profile = await ctx.db.tx(async (tx) => {
    const before = found(await lockProfile(tx, userId));
    await tx.run(
      sql`insert into media (media_id, user_id, width, height, created_at) values (${mediaId}, ${userId}, ${image.width}, ${image.height}, ${ctx.clock.now()})`,
    );
    await tx.run(sql`update profiles set avatar_media_id = ${mediaId} where user_id = ${userId}`);
    if (before.avatarMediaId) await dropMedia(tx, [before.avatarMediaId]);
    return await announceProfile(tx, userId, ['avatar']);
  });
  return { body: await ownView(ctx.db, profile), version: profile.version };
};

export const removeAvatar: H['removeAvatar'] = async (ctx, req) => {
  const { userId } = req.user;
  const profile = await ctx.db.tx(async (tx) => {
    const before = found(await lockProfile(tx, userId));
    if (before.avatarMediaId === null) return before;
    await tx.run(sql`update profiles set avatar_media_id = null where user_id = ${userId}`);
    await dropMedia(tx, [before.avatarMediaId]);
    return await announceProfile(tx, userId, ['avatar']);
  });
  return { body: await ownView(ctx.db, profile), version: profile.version };
};

export const getProfile: H['getProfile'] = async (ctx, req) => {
  const profile = found(await profileBySlug(ctx.db, req.params.slug));
  const own = req.user?.userId === profile.userId;
  const hidden =
    profile.status !== 'active' || profile.visibility === 'hidden' || (profile.visibility === 'signed_in' && !req.user);
  if (hidden && !own) throw new Problem('not_found');
  // No ETag: the record beside it changes without the profile.
  const view = await publicView(ctx.db, profile);
  await noteView(ctx, profile.userId, req);
  return { body: req.user ? view : forGuests(view, profile.membersOnly) };
};

export const getMedia: H['getMedia'] = async (ctx, req) => {
  found(
    await ctx.db.maybe(
      sql`select 1 from media m join profiles p using (user_id) where m.media_id = ${req.params.mediaId} and p.status <> 'erased'`,
    ),
  );
  const file = found(await ctx.files.get(mediaKey(req.params.mediaId)));
  return {
    body: file.content,
    headers: {
      'content-type': 'image/webp',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      etag: `"${req.params.mediaId}"`,
    },
  };
};
