import type { z } from 'zod';
import { adminEvents } from '#contracts/admin/events.ts';
import type { dictionaryEntry, dictionaryName } from '#contracts/admin/internal.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { stableId } from '../domain/stable-id.ts';

export type DictionaryName = z.infer<typeof dictionaryName>;
export type DictionaryEntry = z.infer<typeof dictionaryEntry>;

export interface Dictionary {
  readonly dictionary: DictionaryName;
  readonly version: number;
  readonly items: DictionaryEntry[];
}

/** Undefined: not seeded yet. */
export async function readDictionary(db: Queries, name: DictionaryName): Promise<Dictionary | undefined> {
  const head = await db.maybe<{ version: number }>(sql`select version from dictionaries where name = ${name}`);
  if (!head) return undefined;
  const items = await db.many<DictionaryEntry>(sql`
    select key, jsonb_build_object('ru', title_ru, 'en', title_en) as title, parent, deprecated, position, merged_into as "mergedInto"
    from dictionary_entries where dictionary = ${name} order by position, key`);
  return { dictionary: name, version: head.version, items };
}

/** Version of the dictionary, locked until the commit. */
export async function lockDictionary(tx: Tx, name: DictionaryName): Promise<number> {
  const row = await tx.one<{ version: number }>(sql`select version from dictionaries where name = ${name} for update`);
  return row.version;
}

export async function putEntry(tx: Tx, name: DictionaryName, entry: DictionaryEntry): Promise<void> {
  await tx.run(sql`
    insert into dictionary_entries (dictionary, key, title_ru, title_en, parent, deprecated, position)
    values (${name}, ${entry.key}, ${entry.title.ru}, ${entry.title.en}, ${entry.parent}, ${entry.deprecated},
      ${entry.position})
    on conflict (dictionary, key) do update set title_ru = excluded.title_ru, title_en = excluded.title_en,
      parent = excluded.parent, deprecated = excluded.deprecated, position = excluded.position`);
}

/** Makes a dictionary with its first entries. False: it exists already. */
export async function createDictionary(tx: Tx, name: DictionaryName, entries: DictionaryEntry[]): Promise<boolean> {
  const made = await tx.run(sql`insert into dictionaries (name, version) values (${name}, 1) on conflict do nothing`);
  if (made === 0) return false;
  await tx.run(sql`
    insert into dictionary_entries (dictionary, key, title_ru, title_en, parent, deprecated, position)
    select ${name}, e.key, e.title_ru, e.title_en, e.parent, false, e.position
    from jsonb_to_recordset(${JSON.stringify(
      entries.map(({ key, title, parent, position }) => ({
        key,
        title_ru: title.ru,
        title_en: title.en,
        parent,
        position,
      })),
    )}::jsonb) as e (key text, title_ru text, title_en text, parent text, position int)`);
  announce(tx, { dictionary: name, version: 1, items: entries });
  return true;
}

/** Counts a change of the dictionary and tells the platform what it is now. */
export async function bumpDictionary(tx: Tx, name: DictionaryName): Promise<Dictionary> {
  await tx.run(sql`update dictionaries set version = version + 1 where name = ${name}`);
  const dictionary = await readDictionary(tx, name);
  if (!dictionary) throw new Error(`no dictionary ${name}`);
  announce(tx, dictionary);
  return dictionary;
}

function announce(tx: Tx, { dictionary, version, items }: Dictionary): void {
  const dictionaryId = stableId('dictionary', dictionary);
  tx.emit(adminEvents.dictionaryChanged, dictionaryId, { dictionaryId, dictionary, version, entries: items }, version);
}
