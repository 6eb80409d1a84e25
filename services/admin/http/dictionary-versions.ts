import { found, requireVersion } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';
import {
  bumpDictionary,
  type DictionaryEntry,
  type DictionaryVersion,
  dictionaryHistory,
  dictionaryVersion,
  lockDictionary,
  putEntries,
  readDictionary,
} from '../data/dictionaries.ts';
import { differences } from '../domain/differences.ts';
import { versionPage } from './version-page.ts';

const versionView = ({ entries: _entries, createdAt, ...row }: DictionaryVersion) => ({
  ...row,
  createdAt: createdAt.toISOString(),
});

export const getDictionaryHistory: AdminHandlers['getDictionaryHistory'] = async (ctx, req) => {
  const { name } = req.params;
  return {
    body: await versionPage(req.query, (limit, below) => dictionaryHistory(ctx.db, name, limit, below), versionView),
  };
};

const byKey = (entries: readonly DictionaryEntry[]) =>
  Object.fromEntries(entries.map(({ key, mergedInto = null, ...entry }) => [key, { ...entry, mergedInto }]));

export const diffDictionary: AdminHandlers['diffDictionary'] = async (ctx, req) => {
  const { name } = req.params;
  const [from, to] = (await Promise.all(
    [req.query.from, req.query.to].map(async (version) => found(await dictionaryVersion(ctx.db, name, version))),
  )) as [DictionaryVersion, DictionaryVersion];
  const changes = differences(byKey(from.entries), byKey(to.entries));
  return { body: { from: versionView(from), to: versionView(to), changes } };
};

/**
 * The entries of an earlier version as they were. Those that came later stay, deprecated, because orders and profiles name
 * them; what followed a merge does not come back.
 */
function entriesBack(old: readonly DictionaryEntry[], now: readonly DictionaryEntry[]): DictionaryEntry[] {
  const known = new Map(old.map((entry) => [entry.key, entry]));
  const later = now.filter((entry) => !known.has(entry.key));
  // Two levels, as they were then.
  const fits = (parent: string | null) => parent !== null && (known.get(parent)?.parent ?? null) === null;
  return [
    ...old,
    ...later.map((entry) => ({ ...entry, deprecated: true, parent: fits(entry.parent) ? entry.parent : null })),
  ];
}

export const rollBackDictionary: AdminHandlers['rollBackDictionary'] = async (ctx, req) => {
  const { name } = req.params;
  const { version, reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'dictionary.rollback', targetKind: 'dictionary', targetId: name, reason, wanted: { version } },
    {
      async write(tx) {
        requireVersion(req, await lockDictionary(tx, name));
        const old = found(await dictionaryVersion(tx, name, version));
        const before = found(await readDictionary(tx, name)).items;
        await putEntries(tx, name, entriesBack(old.entries, before));
        const body = await bumpDictionary(tx, name, { actorId: req.user.userId, reason, at: ctx.clock.now() });
        const changes = differences(byKey(before), byKey(body.items));
        return { body, version: body.version, after: { version, changes: changes.slice(0, 100) } };
      },
    },
  );
};
