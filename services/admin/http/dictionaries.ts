import { countryCode, slug } from '#contracts/common/values.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';
import {
  bumpDictionary,
  type DictionaryEntry,
  type DictionaryName,
  lockDictionary,
  putEntry,
  readDictionary,
} from '../data/dictionaries.ts';

export const getDictionary: AdminHandlers['getDictionary'] = async (ctx, req) => {
  const body = found(await readDictionary(ctx.db, req.params.name));
  return { body, version: body.version, headers: { 'cache-control': 'public, max-age=30' } };
};

function checkKey(name: DictionaryName, key: string): void {
  if (!(name === 'countries' ? countryCode : slug).safeParse(key).success) throw new Problem('admin.key_faulty');
}

/** Categories have two levels; a skill may belong to a category; styles and countries stand alone. */
function checkParent(
  name: DictionaryName,
  entry: { key: string; parent: string | null },
  own: readonly DictionaryEntry[],
  categories: readonly DictionaryEntry[],
): void {
  if (entry.parent === null) return;
  if (name === 'skills' && categories.some((category) => category.key === entry.parent)) return;
  if (name === 'categories' && entry.parent !== entry.key) {
    const parent = own.find((one) => one.key === entry.parent);
    const hasChildren = own.some((one) => one.parent === entry.key);
    if (parent && parent.parent === null && !hasChildren) return;
  }
  throw new Problem('admin.parent_faulty');
}

export const putDictionaryEntry: AdminHandlers['putDictionaryEntry'] = async (ctx, req) => {
  const { name, key } = req.params;
  const { reason, ...wanted } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'dictionary.put', targetKind: 'dictionary', targetId: `${name}/${key}`, reason, wanted },
    {
      check: async () => checkKey(name, key),
      async write(tx) {
        requireVersion(req, await lockDictionary(tx, name));
        const own = (await readDictionary(tx, name))?.items ?? [];
        const categories = name === 'categories' ? own : ((await readDictionary(tx, 'categories'))?.items ?? []);
        checkParent(name, { key, parent: wanted.parent }, own, categories);
        const before = own.find((one) => one.key === key);
        const last = own.reduce((max, one) => Math.max(max, one.position), 0);
        const entry = { key, ...wanted, position: wanted.position ?? before?.position ?? last + 10 };
        await putEntry(tx, name, entry);
        const body = await bumpDictionary(tx, name, { actorId: req.user.userId, reason, at: ctx.clock.now() });
        return { body, version: body.version, before, after: entry };
      },
    },
  );
};
