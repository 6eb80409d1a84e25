import { type Queries, sql } from '#kit/db/db.ts';

export interface PresenceRow {
  userId: string;
  seenAt: Date | null;
  hidden: boolean;
}

export function presenceRows(db: Queries, userIds: readonly string[]): Promise<PresenceRow[]> {
  return db.many<PresenceRow>(sql`
    select user_id as "userId", seen_at as "seenAt", hidden from presence where user_id = any(${[...userIds]}::uuid[])`);
}

/**
 * Keeps who came or left; the people for whom that is a change, each with those he talks with, if they may see it. Of
 * replicas that hear the same only one gets an answer.
 */
export function keepPresence(
  db: Queries,
  change: { userIds: readonly string[]; online: boolean; now: Date; since: Date },
): Promise<{ userId: string; partnerIds: string[] }[]> {
  return db.many(sql`
    with changed as (
      insert into presence (user_id, online, seen_at)
      select u.id, ${change.online}, ${change.now} from unnest(${[...change.userIds]}::uuid[]) as u (id)
      -- Who leaves and is not known was erased meanwhile.
      where ${change.online} or exists (select 1 from presence p where p.user_id = u.id) order by u.id
      on conflict (user_id) do update set online = excluded.online, seen_at = excluded.seen_at
      where presence.online <> excluded.online
      returning user_id, hidden)
    select c.user_id as "userId", coalesce(array_agg(distinct other.user_id) filter (where not c.hidden and other.user_id is not null), '{}') as "partnerIds"
    from changed c
    left join members me on me.user_id = c.user_id
    left join conversations talk on talk.conversation_id = me.conversation_id and talk.last_at > ${change.since}
    left join members other on other.conversation_id = talk.conversation_id and other.user_id <> c.user_id
    group by c.user_id`);
}

/** People who are said to be online, by id after one. */
export async function onlineAfter(db: Queries, userId: string | undefined, limit: number): Promise<string[]> {
  const rows = await db.many<{ userId: string }>(sql`
    select user_id as "userId" from presence where online and (${userId ?? null}::uuid is null or user_id > ${userId ?? null}::uuid)
    order by user_id limit ${limit}`);
  return rows.map((row) => row.userId);
}

export async function setHidden(db: Queries, userId: string, hidden: boolean): Promise<void> {
  await db.run(sql`
    insert into presence (user_id, hidden) values (${userId}, ${hidden})
    on conflict (user_id) do update set hidden = excluded.hidden`);
}

/** With whom a person talked since. */
export async function partnersOf(db: Queries, userId: string, since: Date): Promise<string[]> {
  const rows = await db.many<{ userId: string }>(sql`
    select distinct other.user_id as "userId" from members me
    join conversations talk on talk.conversation_id = me.conversation_id and talk.last_at > ${since}
    join members other on other.conversation_id = me.conversation_id and other.user_id <> me.user_id
    where me.user_id = ${userId}`);
  return rows.map((row) => row.userId);
}
