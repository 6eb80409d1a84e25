import type { adminEvents } from '#contracts/admin/events.ts';
import type { EventDefinition } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumer, ManyConsumer } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { storeEvents } from '../data/events.ts';
import { enterFigures } from '../data/rebuild.ts';
import { writeChanges } from '../data/write-changes.ts';
import { Changes } from '../domain/changes.ts';
import { MEASURES } from '../domain/measure.ts';

/** Stores what came at once and adds it to the figures, in one transaction and few statements (E4, E13–E16). */
export const collect: ManyConsumer<EventDefinition, AnalyticsContext> = {
  async together(_ctx, events) {
    const changes = new Changes();
    for (const event of events) MEASURES[event.type]?.(changes, event.time, event.data);
    return async (tx) => {
      const { epoch, running } = await enterFigures(tx);
      storeEvents(tx, events, epoch);
      writeChanges(tx, changes, 'live');
      if (running) writeChanges(tx, changes, 'next');
    };
  },
};

/** The person's name is nowhere here; the ids lose their last link: free texts in the stored events of that person. */
export const forgetPerson: Consumer<EventDefinition, AnalyticsContext> = async (_ctx, event) => async (tx) => {
  const { userId } = event.data as { userId: string };
  await tx.run(sql`/* writes */ select forget_person(${userId})`);
  // Reports that he had made go with their files; schedules send him nothing more.
  const reports = await tx.many<{ reportId: string }>(
    sql`select report_id as "reportId" from reports where owner_id = ${userId}`,
  );
  for (const { reportId } of reports) await tx.schedule('expireReport', { reportId }, { key: `expire:${reportId}` });
  await tx.run(
    sql`update report_schedules set recipient_ids = array_remove(recipient_ids, ${userId}) where ${userId} = any(recipient_ids)`,
  );
};

/** Keeps what categories and skills are called; the newest version stays, whatever the order of arrival. */
export const keepTitles: Consumer<typeof adminEvents.dictionaryChanged, AnalyticsContext> =
  async (_ctx, event) => async (tx) => {
    const { dictionary, version, entries } = event.data;
    if (dictionary !== 'categories' && dictionary !== 'skills') return;
    const titles = Object.fromEntries(entries.map((entry) => [entry.key, entry.title]));
    await tx.run(sql`
      insert into dictionaries (dictionary, version, titles) values (${dictionary}, ${version}, ${JSON.stringify(titles)})
      on conflict (dictionary) do update set version = excluded.version, titles = excluded.titles where dictionaries.version < excluded.version`);
  };
