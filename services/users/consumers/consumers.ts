import { FIRST, type FollowMerge } from '../jobs/follow-merge.ts';
import type { usersContract } from '#contracts/users/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { announceProfile, emitProfile, lockProfile, profileById } from '../data/profiles.ts';
import { profileSlug } from '../domain/text.ts';

type C = Consumers<typeof usersContract, UsersContext>;

/** U1, E1: the base profile. */
export const userRegistered: C['userRegistered'] = async (ctx, event) => async (tx) => {
  const { userId, email, displayName, locale, country, phone, timeZone, roles, confirmed } = event.data;
  const kinds = roles.filter((role) => role === 'freelancer' || role === 'client');
  const made = await tx.run(sql`
    insert into profiles (user_id, slug, display_name, email, email_confirmed, phone, locale, time_zone, country, kinds, visibility, registered_at)
    values (${userId}, ${profileSlug(displayName, userId)}, ${displayName}, ${email}, ${confirmed}, ${phone}, ${locale}, ${timeZone}, ${country}, ${kinds.length > 0 ? kinds : ['client']}, ${kinds.length > 0 ? 'public' : 'hidden'}, ${ctx.clock.now()})
    on conflict (user_id) do nothing`);
  if (made === 0) return;
  const profile = await profileById(tx, userId);
  if (profile) emitProfile(tx, profile, ['created']);
};

/** The log of consents begins with what who joins agreed to. */
export const consentsGiven: C['consentsGiven'] = async (_ctx, event) => async (tx) => {
  const { userId, consents, at } = event.data;
  await tx.run(sql`
    insert into consents (user_id, kind, version, given, at)
    select ${userId}, kind, version, true, ${at} from unnest(${consents.map((one) => one.kind)}::text[], ${consents.map((one) => one.version)}::text[]) as c (kind, version)`);
};

/** A confirmation may overtake the registration: it waits for the profile. */
async function requireProfile(tx: Tx, userId: string): Promise<void> {
  if (!(await lockProfile(tx, userId))) throw new Problem('unavailable', { detail: 'the profile is not there yet' });
}

export const emailConfirmed: C['emailConfirmed'] = async (_ctx, event) => async (tx) => {
  await requireProfile(tx, event.data.userId);
  await tx.run(
    sql`update profiles set email = ${event.data.email}, email_confirmed = true, email_at = ${event.time} where user_id = ${event.data.userId} and status <> 'erased' and (email_at is null or email_at <= ${event.time})`,
  );
};

export const phoneVerified: C['phoneVerified'] = async (_ctx, event) => async (tx) => {
  await requireProfile(tx, event.data.userId);
  await tx.run(
    sql`update profiles set phone = ${event.data.phone}, phone_verified = true where user_id = ${event.data.userId} and status <> 'erased'`,
  );
};

/** The rating reaches the profile, whichever of publication and deletion comes first. */
export const reviewPublished: C['reviewPublished'] = async (_ctx, event) => async (tx) => {
  const { reviewId, targetId, rating } = event.data;
  await requireProfile(tx, targetId);
  const fresh = await tx.run(
    sql`insert into reviews (review_id, target_id, rating, deleted) values (${reviewId}, ${targetId}, ${rating}, false) on conflict do nothing`,
  );
  if (fresh > 0) await announceProfile(tx, targetId, ['rating']);
};

export const reviewDeleted: C['reviewDeleted'] = async (_ctx, event) => async (tx) => {
  const { reviewId, targetId, rating } = event.data;
  await requireProfile(tx, targetId);
  await tx.run(
    sql`insert into reviews (review_id, target_id, rating, deleted, revision) values (${reviewId}, ${targetId}, ${rating}, true, ${event.sequence ?? 2n})
      on conflict (review_id) do update set deleted = true, revision = excluded.revision where reviews.revision < excluded.revision`,
  );
  await announceProfile(tx, targetId, ['rating']);
};

/** An appeal was upheld: the mark counts again. A redaction does not touch it. */
export const reviewRedacted: C['reviewRedacted'] = async (_ctx, event) => async (tx) => {
  const { reviewId, targetId, rating, what, published } = event.data;
  if (what !== 'restored') return;
  await requireProfile(tx, targetId);
  await tx.run(
    sql`insert into reviews (review_id, target_id, rating, deleted, revision) values (${reviewId}, ${targetId}, ${rating}, ${!published}, ${event.sequence ?? 3n})
      on conflict (review_id) do update set deleted = excluded.deleted, revision = excluded.revision where reviews.revision < excluded.revision`,
  );
  await announceProfile(tx, targetId, ['rating']);
};

/** How soon somebody first answers: the earliest times win, so order and number of deliveries do not matter. */
export const messageSent: C['messageSent'] = async (_ctx, event) => async (tx) => {
  const { conversationId, senderId, recipientIds, at } = event.data;
  await tx.run(sql`
    insert into first_answers (conversation_id, user_id, asked_at, answered_at)
    select ${conversationId}, user_id, asked_at, answered_at from (
      select ${senderId}::uuid as user_id, null::timestamptz as asked_at, ${at}::timestamptz as answered_at
      union all select distinct recipient, ${at}::timestamptz, null::timestamptz from unnest(${recipientIds}::uuid[]) as r (recipient) where recipient <> ${senderId}::uuid
    ) told order by user_id
    on conflict (conversation_id, user_id) do update set asked_at = least(first_answers.asked_at, excluded.asked_at), answered_at = least(first_answers.answered_at, excluded.answered_at)`);
};

/** Marks that only ever go up: the order of arrival does not matter. */
export const orderStatusChanged: C['orderStatusChanged'] = async (_ctx, event) => {
  const { orderId, clientId, freelancerId, to, price } = event.data;
  // What was never seen by anybody counts for nothing.
  if (to === 'draft' || to === 'awaiting_payment') return undefined;
  // Deliveries say it too, but only the last one counts.
  const onTime = to === 'completed' ? event.data.onTime : null;
  const paid = to === 'completed' ? price : null;
  const mark = sql`
    insert into deals (order_id, client_id, freelancer_id, published, hired, completed, on_time, price, currency, ended)
    values (${orderId}, ${clientId}, ${freelancerId}, ${to === 'published'}, ${to === 'in_progress'}, ${to === 'completed'}, ${onTime}, ${paid?.amount ?? null}, ${paid?.currency ?? null}, ${to === 'cancelled' || to === 'split' || to === 'completed'})
    on conflict (order_id) do update set freelancer_id = coalesce(excluded.freelancer_id, deals.freelancer_id), published = deals.published or excluded.published,
      hired = deals.hired or excluded.hired, ended = deals.ended or excluded.ended, completed = deals.completed or excluded.completed, on_time = coalesce(excluded.on_time, deals.on_time),
      price = coalesce(excluded.price, deals.price), currency = coalesce(excluded.currency, deals.currency)`;
  return async (tx) => void (await tx.run(mark));
};

export const dictionaryChanged: C['dictionaryChanged'] = async (_ctx, event) => async (tx) => {
  const { dictionary, version, entries } = event.data;
  await tx.run(sql`
    insert into dictionaries (dictionary, version, keys) values (${dictionary}, ${version}, ${entries.filter((entry) => !entry.deprecated).map((entry) => entry.key)})
    on conflict (dictionary) do update set version = excluded.version, keys = excluded.keys where dictionaries.version < excluded.version`);
};

/** Profiles that name the merged entry follow, in portions. */
export const dictionaryMerged: C['dictionaryMerged'] = async (_ctx, event) => async (tx) => {
  const { dictionary, from, into } = event.data;
  if (dictionary !== 'skills' && dictionary !== 'styles' && dictionary !== 'countries') return;
  const work: FollowMerge = { dictionary, from, into, after: FIRST };
  await tx.schedule('followMerge', work, { key: `merge:${event.id}` });
};
