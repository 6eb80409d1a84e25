import { usersEvents } from '#contracts/users/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { dropExports } from './exports.ts';
import { dropMedia } from './media.ts';
import { emitProfile, profileById } from './profiles.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

/** By then every service has long taken the event. */
const ACT_AFTER_MS = 3_600_000;

/** How long before the erasure the person is warned: while there is time to think, and for the last time. */
export const WARNINGS = [
  ['erasure-near', 3 * 86_400_000],
  ['erasure-last', 3_600_000],
] as const;

/** No erasure is on its way any more. */
export async function forgetErasure(tx: Tx, userId: string): Promise<void> {
  for (const name of ['erase', ...WARNINGS.map(([warning]) => warning)]) await tx.unschedule(`${name}:${userId}`);
}

/** Takes the person out of the profile; the id stays as a pseudonym, and an act of destruction as proof (P2). */
export async function erasePerson(tx: Tx, of: { userId: string; actorId: string; now: Date }): Promise<void> {
  const { userId, actorId, now } = of;
  await tx.run(
    sql`update profiles set status = 'erased', version = version + 1, avatar_media_id = null where user_id = ${userId}`,
  );
  const media = await tx.many<{ id: string }>(sql`select media_id as id from media where user_id = ${userId}`);
  await dropMedia(
    tx,
    media.map((row) => row.id),
  );
  const works = await tx.run(sql`delete from portfolio_items where user_id = ${userId}`);
  await tx.run(sql`
    update profiles set slug = ${`erased-${userId}`}, display_name = 'Удалённый пользователь',
      email = ${`${userId}@erased.invalid`}, email_confirmed = false, email_at = null, phone = null, phone_verified = false,
      country = null, city = null, time_zone = 'UTC', headline = null, about = null, languages = '{}', language_levels = '{}', hourly_rate = null,
      hourly_currency = null, skills = '[]', styles = '{}', style_levels = '{}', visibility = 'hidden', block_reason = null, blocked_until = null, erase_at = null
    where user_id = ${userId}`);
  await tx.run(sql`delete from first_answers where user_id = ${userId}`);
  await dropExports(tx, userId);
  await tx.unschedule(`lift-block:${userId}`);
  await forgetErasure(tx, userId);
  await forgetStoredReplies(tx, userId);
  await tx.run(sql`
    insert into erasures (user_id, actor_id, erased_at, works, images) values (${userId}, ${actorId}, ${now}, ${works}, ${media.length})`);
  await tx.schedule('completeAct', { userId }, { at: new Date(now.getTime() + ACT_AFTER_MS) });
  const profile = await profileById(tx, userId);
  if (!profile) throw new Error(`no profile ${userId}`);
  emitProfile(tx, profile, ['erased']);
  tx.emit(usersEvents.userErased, userId, { userId, actorId }, profile.version);
}
