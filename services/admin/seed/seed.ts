import { DICTIONARIES } from '#contracts/admin/internal.ts';
import { SETTINGS, type SettingKey } from '#contracts/admin/settings.ts';
import type { AdminContext } from '../context.ts';
import { createDictionary, type DictionaryEntry, type DictionaryName } from '../data/dictionaries.ts';
import { addSettingVersion, lockFor, settingVersions } from '../data/settings.ts';
import { CATEGORIES } from './categories.ts';
import { countries } from './countries.ts';
import { RULES } from './rules.ts';
import { SKILLS, STYLES } from './skills-styles.ts';

/** What ships acts since before any platform was set up. */
const SINCE = new Date('2000-01-01T00:00:00.000Z');
/** Positions leave room for entries between. */
const STEP = 10;

function entry(line: string, position: number, parent: string | null = null): DictionaryEntry {
  const [key = '', ru = '', en = '', ownParent] = line.split('|');
  return { key, title: { ru, en }, parent: parent ?? ownParent ?? null, deprecated: false, position };
}

/** The dictionary as it ships. */
export function shippedDictionary(name: DictionaryName): DictionaryEntry[] {
  if (name === 'countries')
    return countries().map((country, index) => ({
      ...country,
      parent: null,
      deprecated: false,
      position: (index + 1) * STEP,
    }));
  if (name === 'categories')
    return CATEGORIES.flatMap(([line, children]) => [
      { line, parent: null },
      ...children.map((child) => ({ line: child, parent: line.split('|')[0] ?? null })),
    ]).map(({ line, parent }, index) => entry(line, (index + 1) * STEP, parent));
  const flat = { skills: SKILLS, styles: STYLES, rules: RULES }[name];
  return flat.map((line, index) => entry(line, (index + 1) * STEP));
}

/** Puts in what ships and is not there yet, once whatever number of replicas start at once. */
export async function seed(ctx: AdminContext): Promise<void> {
  await ctx.db.tx(async (tx) => {
    await lockFor(tx, 'seed');
    const known = new Set((await settingVersions(tx)).map((row) => row.key));
    for (const key of Object.keys(SETTINGS) as SettingKey[]) {
      if (known.has(key)) continue;
      await addSettingVersion(tx, {
        key,
        version: 1,
        value: SETTINGS[key].initial,
        actsFrom: SINCE,
        actorId: null,
        reason: 'shipped',
        createdAt: ctx.clock.now(),
      });
    }
    for (const name of DICTIONARIES) await createDictionary(tx, name, shippedDictionary(name), ctx.clock.now());
  });
}
