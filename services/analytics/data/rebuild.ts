import { raw, sql, type Db, type Queries, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Changes } from '../domain/changes.ts';
import { MEASURES } from '../domain/measure.ts';
import { FIGURE_TABLES, type FigureTable, tableOf, writeChanges } from './write-changes.ts';

/** Raise when events come to be measured otherwise: the figures of older releases are then made anew at the start. */
export const FIGURES_VERSION = 2;
/** Events taken by one transaction. */
const PORTION = 2_000;
/** A rebuild that failed so often is given up. */
const MAX_FAILURES = 5;

export interface RebuildRow {
  rebuildId: string;
  epoch: number;
  state: 'running' | 'done' | 'failed';
  requestedBy: string | null;
  startedAt: Date;
  finishedAt: Date | null;
  total: bigint;
  done: bigint;
  cursorAt: Date | null;
  cursorId: string | null;
  reason: string | null;
  equal: boolean | null;
  differing: string[];
}
const columns = sql`rebuild_id as "rebuildId", epoch, state, requested_by as "requestedBy", started_at as "startedAt", finished_at as "finishedAt",
  total, done, cursor_at as "cursorAt", cursor_id as "cursorId", reason, equal, differing`;

export function rebuildById(db: Queries, rebuildId: string): Promise<RebuildRow | undefined> {
  return db.maybe<RebuildRow>(sql`select ${columns} from rebuilds where rebuild_id = ${rebuildId}`);
}

export function listRebuilds(db: Queries, limit: number): Promise<RebuildRow[]> {
  return db.many<RebuildRow>(sql`select ${columns} from rebuilds order by epoch desc limit ${limit}`);
}

const LOCK = sql`hashtext(current_schema()), 5`;

/** For who adds events: the number to store them under, and whether a rebuild wants them too. Holds off its beginning and end until the commit. */
export async function enterFigures(tx: Tx): Promise<{ epoch: number; running: boolean }> {
  // In one write; the second sees what was committed until the lock was granted.
  tx.send(sql`select pg_advisory_xact_lock_shared(${LOCK})::text as locked`);
  return await tx.one(
    sql`select coalesce(max(epoch), 0) as epoch, coalesce(bool_or(state = 'running'), false) as running from rebuilds`,
  );
}

/** Waits until nobody adds events, and keeps it so until the commit. */
async function holdFigures(tx: Tx): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(${LOCK})::text as locked`);
}

/** Begins to make all figures anew beside the present ones; the one that runs already is it. The job does the work. */
export async function beginRebuild(tx: Tx, of: { requestedBy: string | null; now: Date }): Promise<RebuildRow> {
  await holdFigures(tx);
  const running = await tx.maybe<RebuildRow>(sql`select ${columns} from rebuilds where state = 'running'`);
  if (running) return running;
  await tx.one(sql`/* writes */ select clear_next_figures()::text as cleared`);
  const { total } = await tx.one<{ total: bigint }>(sql`select count(*) as total from events`);
  const rebuildId = newId();
  const row = await tx.one<RebuildRow>(sql`
    insert into rebuilds (rebuild_id, epoch, state, figures_version, requested_by, started_at, total)
    select ${rebuildId}, coalesce(max(epoch), 0) + 1, 'running', ${FIGURES_VERSION}, ${of.requestedBy}, ${of.now}, ${total} from rebuilds
    returning ${columns}`);
  await tx.schedule('rebuildFigures', { rebuildId }, { key: `rebuild:${rebuildId}` });
  return row;
}

/** At the start: figures that another release measured otherwise are made anew. Safe on any number of replicas. */
export async function rebuildIfOutdated(db: Db, now: Date): Promise<void> {
  const fresh = sql`select 1 from rebuilds where figures_version >= ${FIGURES_VERSION} and state <> 'failed'`;
  if (await db.maybe(fresh)) return;
  await db.tx(async (tx) => {
    await holdFigures(tx);
    if (await tx.maybe(fresh)) return;
    if (await tx.maybe(sql`select 1 from events limit 1`)) await beginRebuild(tx, { requestedBy: null, now });
    // Nothing was measured yet: there is nothing to make anew.
    else
      await tx.run(sql`
        insert into rebuilds (rebuild_id, epoch, state, figures_version, started_at, finished_at, equal)
        values (${newId()}, 0, 'done', ${FIGURES_VERSION}, ${now}, ${now}, true) on conflict do nothing`);
  });
}

/** The next portion of stored events. Answers whether there is more to do. */
export async function rebuildPortion(db: Db, rebuildId: string): Promise<boolean> {
  return await db.tx(async (tx) => {
    const row = await tx.maybe<RebuildRow>(
      sql`select ${columns} from rebuilds where rebuild_id = ${rebuildId} and state = 'running' for update`,
    );
    if (!row) return false;
    const events = await tx.many<{ id: string; type: string; at: Date; data: unknown }>(sql`
      select event_id as id, type, at, data from events
      where (at, event_id) > (${row.cursorAt ?? new Date(0)}, ${row.cursorId ?? '00000000-0000-0000-0000-000000000000'}) and epoch < ${row.epoch}
      order by at, event_id limit ${PORTION}`);
    const changes = new Changes();
    for (const event of events) MEASURES[event.type]?.(changes, event.at, event.data);
    writeChanges(tx, changes, 'next');
    const last = events.at(-1);
    if (last)
      await tx.run(sql`
        update rebuilds set done = done + ${events.length}, cursor_at = ${last.at}, cursor_id = ${last.id} where rebuild_id = ${rebuildId}`);
    return events.length === PORTION;
  });
}

/**
 * Puts the new figures in the place of the old ones and says whether they were equal. Whoever adds meanwhile adds to both, in
 * one transaction: in the view of one statement they are always at the same point.
 */
export async function finishRebuild(db: Db, rebuildId: string, now: Date): Promise<void> {
  const differing: FigureTable[] = [];
  for (const table of FIGURE_TABLES) {
    const { equal } = await db.one<{ equal: boolean }>(
      sql`select (${digest(table, 'live')}) = (${digest(table, 'next')}) as equal`,
    );
    if (!equal) differing.push(table);
  }
  await db.tx(async (tx) => {
    await holdFigures(tx);
    const ended = await tx.run(sql`
      update rebuilds set state = 'done', finished_at = ${now}, equal = ${differing.length === 0}, differing = ${differing}
      where rebuild_id = ${rebuildId} and state = 'running'`);
    if (ended === 1) await tx.one(sql`/* writes */ select swap_figures()::text as swapped`);
  });
}

/** The same for equal figures, whatever the order they came in. A sum of zero says the same as none. */
function digest(table: FigureTable, set: 'live' | 'next') {
  const told = table === 'rollups' || table === 'level_sums' ? raw('where value <> 0') : raw('');
  return sql`select coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0) from ${tableOf(table, set)} t ${told}`;
}

/** Counts a failure; after too many the rebuild is over and the present figures stay. */
export async function noteFailure(db: Db, rebuildId: string, reason: string, now: Date): Promise<void> {
  await db.run(sql`
    update rebuilds set failures = failures + 1, reason = ${reason.slice(0, 500)},
      state = case when failures + 1 >= ${MAX_FAILURES} then 'failed' else state end,
      finished_at = case when failures + 1 >= ${MAX_FAILURES} then ${now}::timestamptz end
    where rebuild_id = ${rebuildId} and state = 'running'`);
}

/** Share of a hundred. */
export function percentOf(row: RebuildRow): number {
  if (row.state === 'done') return 100;
  return row.total === 0n ? 0 : Math.min(99, Number((row.done * 100n) / row.total));
}
