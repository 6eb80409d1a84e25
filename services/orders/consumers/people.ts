import type { ordersContract } from '#contracts/orders/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { learn } from '../data/dictionary.ts';
import { lockOrder } from '../data/orders.ts';
import { responseById } from '../data/responses.ts';
import { vectorOf } from '../data/words.ts';
import { closePublished } from '../endings.ts';
import { endDealsOfBlocked } from '../blocked.ts';
import { moveResponse } from '../response-step.ts';
import { factsOf } from '../step.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

type C = Consumers<typeof ordersContract, OrdersContext>;
/** Comes after every change of a profile. */
const LAST = 2n ** 63n - 1n;

/** E3: the newest state of a profile, whatever the order of arrival. */
export const profileUpdated: C['profileUpdated'] = async (_ctx, event) => async (tx) => {
  const { userId, kinds, visibility, changed: _changed, locale: _locale, about, ...profile } = event.data;
  const { skills, styles, languages, membersOnly } = profile;
  const part = (text: string, weight: 'A' | 'B' | 'C' | 'D') => sql`setweight(${vectorOf(text)}, ${weight})`;
  const keys = [...skills, ...styles].join(' ').replaceAll('-', ' ');
  const search = sql`${part(profile.headline ?? '', 'A')} || ${part(keys, 'B')} || ${part(about ?? '', 'C')} || ${part(profile.displayName, 'D')}`;
  const { amount = null, currency = null } = profile.hourlyRate ?? {};
  const before = await headlineOf(tx, userId);
  const seen = await tx.run(sql`
    insert into freelancers (user_id, sequence, profile, skills, styles, languages, country, currency, members_only, rate, availability, rating, visibility, is_freelancer, search)
    values (${userId}, ${event.sequence ?? 0n}, ${JSON.stringify(profile)}, ${skills}, ${styles}, ${languages}, ${profile.country}, ${currency}, ${membersOnly}, ${amount}, ${profile.availability}, ${profile.rating}, ${visibility}, ${kinds.includes('freelancer')}, ${search})
    on conflict (user_id) do update set sequence = excluded.sequence, profile = excluded.profile, skills = excluded.skills, styles = excluded.styles, languages = excluded.languages, country = excluded.country, currency = excluded.currency,
      members_only = excluded.members_only, rate = excluded.rate, availability = excluded.availability, rating = excluded.rating, visibility = excluded.visibility,
      is_freelancer = excluded.is_freelancer, search = excluded.search where freelancers.sequence < excluded.sequence`);
  if (seen === 1) await learn(tx, [await headlineOf(tx, userId)], [before]);
};

/** What everybody sees of a freelancer's headline. */
async function headlineOf(tx: Tx, userId: string): Promise<string> {
  const row = await tx.maybe<{ headline: string | null }>(
    sql`select profile->>'headline' as headline from freelancers where user_id = ${userId} and is_freelancer and visibility = 'public' for update`,
  );
  return row?.headline ?? '';
}

/** What a person has open on the market ends. */
async function closeOpenWork(ctx: OrdersContext, tx: Tx, userId: string): Promise<void> {
  const open = await tx.many<{ orderId: string }>(
    sql`select order_id as "orderId" from orders where client_id = ${userId} and status = 'published' order by order_id`,
  );
  for (const { orderId } of open) {
    const order = await lockOrder(tx, orderId);
    if (order?.status !== 'published' || factsOf(order).funding) continue;
    const step = { action: 'close_blocked', actor: 'system', actorId: null, reasonCode: 'client_blocked' } as const;
    await closePublished(tx, ctx, order, step, 'client_blocked');
  }
  const responses = await tx.many<{ orderId: string; responseId: string }>(
    sql`select order_id as "orderId", response_id as "responseId" from responses where freelancer_id = ${userId} and status in ('submitted', 'shortlisted') order by order_id`,
  );
  for (const { orderId, responseId } of responses) {
    const order = await lockOrder(tx, orderId);
    const response = await responseById(tx, responseId);
    const open = response?.status === 'submitted' || response?.status === 'shortlisted';
    const step = { action: 'withdraw_blocked', actor: 'system', actorId: null, code: 'freelancer_blocked' } as const;
    if (order && response && open) await moveResponse(tx, ctx, order, response, step);
  }
}

export const userBlocked: C['userBlocked'] = async (ctx, event) => async (tx) => {
  const { userId, deals = 'leave' } = event.data;
  await closeOpenWork(ctx, tx, userId);
  if (deals !== 'leave') await endDealsOfBlocked(tx, ctx, userId, deals);
};

/** Deals stay as business records under the pseudonym; words of the person's own go (P2). */
export const userErased: C['userErased'] = async (ctx, event) => async (tx) => {
  const { userId } = event.data;
  await forgetStoredReplies(tx, userId);
  await closeOpenWork(ctx, tx, userId);
  const titles = await tx.many<{ text: string }>(
    sql`select title || ' ' || array_to_string(tags, ' ') as text from orders where client_id = ${userId} and freelancer_id is null and published_at is not null`,
  );
  await learn(tx, [], [await headlineOf(tx, userId), ...titles.map((order) => order.text)]);
  // A tombstone: a change of the profile that was under way must not bring the person back into the search.
  await tx.run(sql`
    insert into freelancers (user_id, sequence, profile, skills, styles, availability, visibility, is_freelancer, search) values (${userId}, ${LAST}, '{}', '{}', '{}', 'unavailable', 'hidden', false, '')
    on conflict (user_id) do update set sequence = excluded.sequence, profile = '{}', skills = '{}', styles = '{}', languages = '{}', country = null, currency = null, members_only = '{}', rate = null, rating = null, visibility = 'hidden', is_freelancer = false, search = ''`);
  const alone = sql`select order_id from orders where client_id = ${userId} and freelancer_id is null`;
  await tx.run(sql`delete from history_changes where order_id in (${alone})`);
  const files = await tx.many<{ id: string }>(
    sql`delete from attachments where (owner_id = ${userId} and kind = 'response') or order_id in (${alone}) returning attachment_id as id`,
  );
  await tx.run(
    sql`update orders set title = '—', description = '', tags = '{}', search = '', version = version + 1 where client_id = ${userId} and freelancer_id is null`,
  );
  await tx.run(sql`delete from saved_searches where user_id = ${userId}`);
  // Own words in the history of others' orders: offers, entries of time.
  await tx.run(
    sql`delete from history_changes c using history h where h.entry_id = c.entry_id and h.actor_id = ${userId} and (h.about = ${userId} or h.action in ('week_log_time', 'week_edit_time', 'week_remove_time'))`,
  );
  await tx.run(
    sql`update time_entries set note = '' where order_id in (select order_id from orders where freelancer_id = ${userId})`,
  );
  await tx.run(sql`update responses set letter = '', counter = null where freelancer_id = ${userId}`);
  await tx.run(sql`update invitations set reason = null where freelancer_id = ${userId}`);
  await tx.run(sql`update reviews set text = '', original = null where author_id = ${userId}`);
  await tx.run(sql`update reviews set answer = null where target_id = ${userId}`);
  tx.afterCommit(() => {
    for (const { id } of files) ctx.files.delete(id).catch((error) => ctx.log.warn({ err: error, id }, 'a file stays'));
  });
};
