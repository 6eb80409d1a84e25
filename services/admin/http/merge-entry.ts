import { adminEvents } from '#contracts/admin/events.ts';
import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';
import { bumpDictionary, lockDictionary, readDictionary } from '../data/dictionaries.ts';
import { stableId } from '../domain/stable-id.ts';

/** D3: the entry stays, deprecated, so that what names it still has a title; orders and profiles follow by the event. */
export const mergeDictionaryEntry: AdminHandlers['mergeDictionaryEntry'] = async (ctx, req) => {
  const { name, key } = req.params;
  const { into, reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'dictionary.merge', targetKind: 'dictionary', targetId: `${name}/${key}`, reason, wanted: { into } },
    {
      async check() {
        // A block keeps the rule that it was made by.
        if (name === 'rules') throw new Problem('admin.key_faulty', { detail: name });
      },
      async write(tx) {
        requireVersion(req, await lockDictionary(tx, name));
        const items = (await readDictionary(tx, name))?.items ?? [];
        const from = found(items.find((one) => one.key === key));
        const target = items.find((one) => one.key === into && !one.deprecated);
        if (!target || target.key === key) throw new Problem('admin.key_faulty', { detail: into });
        const by = { actorId: req.user.userId, reason, at: ctx.clock.now() };
        const children = items.filter((one) => one.parent === key);
        // Two levels: what has entries below it goes into another one of the upper level.
        if (children.length > 0 && target.parent !== null) throw new Problem('admin.parent_faulty');
        await tx.run(sql`
          update dictionary_entries set deprecated = true, merged_into = ${into} where dictionary = ${name} and key = ${key}`);
        await tx.run(sql`
          update dictionary_entries set merged_into = ${into} where dictionary = ${name} and merged_into = ${key}`);
        await tx.run(
          sql`update dictionary_entries set parent = ${into} where dictionary = ${name} and parent = ${key}`,
        );
        if (name === 'categories') {
          const skills = await tx.run(
            sql`update dictionary_entries set parent = ${into} where dictionary = 'skills' and parent = ${key}`,
          );
          if (skills > 0) await bumpDictionary(tx, 'skills', by);
        }
        const body = await bumpDictionary(tx, name, by);
        const dictionaryId = stableId('dictionary', name);
        tx.emit(adminEvents.dictionaryMerged, dictionaryId, { dictionaryId, dictionary: name, from: key, into });
        return { body, version: body.version, before: from, after: { mergedInto: into } };
      },
    },
  );
};
