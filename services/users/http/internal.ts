import type { usersContract } from '#contracts/users/index.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { sql } from '#kit/db/db.ts';
import { isId } from '#kit/ids.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import {
  emitProfile,
  listProfiles,
  lockProfile,
  mediaUrl,
  type Profile,
  profileById,
  profilesById,
} from '../data/profiles.ts';
import { erasePerson } from '../data/erasure.ts';

type H = Handlers<typeof usersContract, UsersContext>;

export function personView(profile: Profile) {
  const { userId, displayName, slug, headline, country, rating, reviewCount, status } = profile;
  return {
    userId,
    displayName,
    slug,
    headline,
    country,
    rating,
    reviewCount,
    status,
    avatarUrl: mediaUrl(profile.avatarMediaId),
  };
}

function summary(profile: Profile) {
  const { email, phone, locale, version, blockReason } = profile;
  return {
    ...personView(profile),
    email,
    phone,
    locale,
    version,
    blockReason,
    registeredAt: profile.registeredAt.toISOString(),
    blockedUntil: profile.blockedUntil?.toISOString() ?? null,
  };
}

export const getPeople: H['getPeople'] = async (ctx, req) => ({
  body: { items: (await profilesById(ctx.db, req.query.ids)).map(personView) },
});

export const getContacts: H['getContacts'] = async (ctx, req) => ({
  body: {
    items: (await profilesById(ctx.db, req.query.ids)).map(
      ({ userId, displayName, email, emailConfirmed, phone, phoneVerified, locale, timeZone, status }) => ({
        userId,
        displayName,
        email,
        emailConfirmed,
        phone,
        phoneVerified,
        locale,
        timeZone,
        status,
      }),
    ),
  },
});

/** Hidden, blocked and erased profiles are as good as none for others. */
export const checkVisible: H['checkVisible'] = async (ctx, req) => {
  const profile = await profileById(ctx.db, req.params.userId);
  const own = profile?.userId === req.query.viewerId;
  const shown = profile && (own || (profile.status !== 'erased' && profile.visibility !== 'hidden'));
  const { userId, displayName } = found(shown ? profile : undefined);
  return { body: { userId, displayName } };
};

export const getIdentity: H['getIdentity'] = async (ctx, req) => {
  const { userId, displayName, locale, status, country } = found(await profileById(ctx.db, req.params.userId));
  return { body: { userId, displayName, locale, status, country } };
};

export const listUsers: H['listUsers'] = async (ctx, req) => {
  const { q, status, limit, cursor } = req.query;
  const before = cursorOf(decodeCursor(cursor, 2));
  const rows = await listProfiles(ctx.db, {
    q: q ?? null,
    status: status ?? null,
    before,
    limit: limit + 1,
  });
  const page = pageOf(rows, limit, (last) => [last.registeredAt.toISOString(), last.userId]);
  return { body: { items: page.items.map(summary), nextCursor: page.nextCursor } };
};

/** Values of the list's cursor; what is no time and id is the caller's fault (400), never the database's. */
function cursorOf(values: readonly (string | number | null)[] | undefined): { at: string; id: string } | null {
  if (values === undefined) return null;
  const [at, id] = values;
  if (typeof at !== 'string' || !/^[12]\d{3}-[\d:.T-]+Z$/.test(at) || Number.isNaN(Date.parse(at)) || !isId(id))
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
    });
  return { at, id };
}

export const getUser: H['getUser'] = async (ctx, req) => {
  const profile = found(await profileById(ctx.db, req.params.userId));
  return { body: summary(profile), version: profile.version };
};

export const blockUser: H['blockUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const { actorId, reason, until, deals } = req.body;
  const reply = await req.tx(async (tx) => {
    const before = found(await lockProfile(tx, userId));
    if (before.status === 'erased') throw new Problem('conflict', { detail: 'the user is erased' });
    await tx.run(
      sql`update profiles set status = 'blocked', block_reason = ${reason}, blocked_until = ${until}, version = version + 1 where user_id = ${userId}`,
    );
    const profile = found(await profileById(tx, userId));
    emitProfile(tx, profile, ['status']);
    tx.emit(usersEvents.userBlocked, userId, { userId, actorId, until, deals }, profile.version);
    if (until !== null)
      await tx.schedule('liftBlock', { userId }, { at: new Date(until), key: `lift-block:${userId}` });
    return { body: summary(profile), version: profile.version };
  });
  await lockSessions(ctx, userId, true, until);
  return reply;
};

/** The sessions end before the answer; when auth is away, the event does it later. */
export async function lockSessions(
  ctx: UsersContext,
  userId: string,
  locked: boolean,
  until: string | null,
): Promise<void> {
  try {
    await ctx.clients.auth.lockUser({ params: { userId }, body: { locked, until } });
  } catch (error) {
    if (!isProblem(error, 'unavailable') && !isProblem(error, 'timeout')) throw error;
    ctx.log.warn({ userId }, 'auth is away: the sessions of a blocked user end by the event');
  }
}

export const unblockUser: H['unblockUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const reply = await req.tx(async (tx) => {
    const before = found(await lockProfile(tx, userId));
    if (before.status !== 'blocked') throw new Problem('conflict', { detail: 'the user is not blocked' });
    return { body: summary(await unblock(tx, userId, req.body.actorId)) };
  });
  await lockSessions(ctx, userId, false, null);
  return reply;
};

export async function unblock(
  tx: Parameters<typeof emitProfile>[0],
  userId: string,
  actorId: string,
): Promise<Profile> {
  await tx.run(
    sql`update profiles set status = 'active', block_reason = null, blocked_until = null, version = version + 1 where user_id = ${userId}`,
  );
  const profile = found(await profileById(tx, userId));
  emitProfile(tx, profile, ['status']);
  tx.emit(usersEvents.userUnblocked, userId, { userId, actorId }, profile.version);
  await tx.unschedule(`lift-block:${userId}`);
  return profile;
}

export const eraseUser: H['eraseUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const reply = await req.tx(async (tx) => {
    const before = found(await lockProfile(tx, userId));
    // A repeat has nothing left to erase: one act, one event.
    if (before.status !== 'erased') await erasePerson(tx, { userId, actorId: req.body.actorId, now: ctx.clock.now() });
    return { body: summary(found(await profileById(tx, userId))) };
  });
  await lockSessions(ctx, userId, true, null);
  return reply;
};
