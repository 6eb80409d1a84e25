/** Who of support is at work, and how much he has on his desk. */
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { NO_SHIFTS, type Said, type Shifts } from '../domain/presence.ts';

export interface Load {
  readonly userId: string;
  readonly said: Said | null;
  readonly shifts: Shifts;
  openTickets: number;
}

/** Members of staff among `ids`, or all of them; at most 400. */
export async function loads(db: Queries, ids: readonly string[] | null): Promise<Load[]> {
  const rows = await db.many<{
    userId: string;
    state: Said['state'] | null;
    until: Date | null;
    timeZone: string | null;
    items: Shifts['items'] | null;
    openTickets: number;
  }>(sql`
    select s.user_id as "userId", p.state, p.until, h.time_zone as "timeZone", h.items,
      (select count(*)::int from tickets t where t.assignee_id = s.user_id and t.status not in ('resolved', 'closed')) as "openTickets"
    from staff s left join staff_presence p using (user_id) left join staff_shifts h using (user_id)
    where s.member and (${ids}::uuid[] is null or s.user_id = any(${ids}::uuid[])) order by s.user_id limit 400`);
  return rows.map(({ userId, state, until, timeZone, items, openTickets }) => ({
    userId,
    openTickets,
    said: state && until ? { state, until } : null,
    shifts: timeZone && items ? { timeZone, items } : NO_SHIFTS,
  }));
}

/** What somebody says of himself; null: as the shifts say. */
export async function putPresence(tx: Tx, userId: string, said: Said | null): Promise<void> {
  if (said === null) await tx.run(sql`delete from staff_presence where user_id = ${userId}`);
  else
    await tx.run(sql`
      insert into staff_presence (user_id, state, until) values (${userId}, ${said.state}, ${said.until})
      on conflict (user_id) do update set state = excluded.state, until = excluded.until`);
}

export async function putShifts(tx: Tx, userId: string, shifts: Shifts): Promise<void> {
  await tx.run(sql`
    insert into staff_shifts (user_id, time_zone, items) values (${userId}, ${shifts.timeZone}, ${JSON.stringify(shifts.items)}::jsonb)
    on conflict (user_id) do update set time_zone = excluded.time_zone, items = excluded.items`);
}

export async function forgetStaff(tx: Tx, userId: string): Promise<void> {
  await tx.run(sql`delete from staff_presence where user_id = ${userId}`);
  await tx.run(sql`delete from staff_shifts where user_id = ${userId}`);
}
