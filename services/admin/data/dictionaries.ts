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

/** Who changed it, why and when; nobody: it shipped. */
export interface ChangedBy {
  readonly actorId: string | null;
  readonly reason: string;
  readonly at: Date;
}

export interface DictionaryVersion {
  readonly version: number;
  readonly entries: DictionaryEntry[];
  readonly actorId: string | null;
  readonly reason: string;
  readonly createdAt: Date;
}
const VERSION = sql`version, entries, actor_id as "actorId", reason, created_at as "createdAt"`;

/** Versions of a dictionary, newest first, those below one when it is given. */
export async function dictionaryHistory(
  db: Queries,
  name: DictionaryName,
  limit: number,
  below?: number,
): Promise<DictionaryVersion[]> {
  return await db.many<DictionaryVersion>(sql`
    select ${VERSION} from dictionary_versions
    where dictionary = ${name} and (${below ?? null}::int is null or version < ${below ?? null}) order by version desc limit ${limit}`);
}

export async function dictionaryVersion(
  db: Queries,
  name: DictionaryName,
  version: number,
): Promise<DictionaryVersion | undefined> {
  return await db.maybe<DictionaryVersion>(
    sql`select ${VERSION} from dictionary_versions where dictionary = ${name} and version = ${version}`,
  );
}

async function keepVersion(tx: Tx, { dictionary, version, items }: Dictionary, by: ChangedBy): Promise<void> {
  await tx.run(sql`
    insert into dictionary_versions (dictionary, version, entries, actor_id, reason, created_at)
    values (${dictionary}, ${version}, ${JSON.stringify(items)}::jsonb, ${by.actorId}, ${by.reason}, ${by.at})`);
}

/** Entries as they are to be, each with what it is merged into. */
export async function putEntries(tx: Tx, name: DictionaryName, entries: readonly DictionaryEntry[]): Promise<void> {
  await tx.run(sql`
    insert into dictionary_entries (dictionary, key, title_ru, title_en, parent, deprecated, position, merged_into)
    select ${name}, e.key, e.title->>'ru', e.title->>'en', e.parent, e.deprecated, e.position, e."mergedInto"
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as e (key text, title jsonb, parent text, deprecated boolean, position int, "mergedInto" text)
    on conflict (dictionary, key) do update set title_ru = excluded.title_ru, title_en = excluded.title_en, parent = excluded.parent,
      deprecated = excluded.deprecated, position = excluded.position, merged_into = excluded.merged_into`);
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
export async function createDictionary(
  tx: Tx,
  name: DictionaryName,
  entries: DictionaryEntry[],
  at: Date,
): Promise<boolean> {
  const made = await tx.run(sql`insert into dictionaries (name, version) values (${name}, 1) on conflict do nothing`);
  if (made === 0) return false;
  await putEntries(tx, name, entries);
  const dictionary = { dictionary: name, version: 1, items: entries };
  await keepVersion(tx, dictionary, { actorId: null, reason: 'shipped', at });
  announce(tx, dictionary);
  return true;
}

/** Counts a change of the dictionary and tells the platform what it is now. */
export async function bumpDictionary(tx: Tx, name: DictionaryName, by: ChangedBy): Promise<Dictionary> {
  await tx.run(sql`update dictionaries set version = version + 1 where name = ${name}`);
  const dictionary = await readDictionary(tx, name);
  if (!dictionary) throw new Error(`no dictionary ${name}`);
  await keepVersion(tx, dictionary, by);
  announce(tx, dictionary);
  return dictionary;
}

function announce(tx: Tx, { dictionary, version, items }: Dictionary): void {
  const dictionaryId = stableId('dictionary', dictionary);
  tx.emit(adminEvents.dictionaryChanged, dictionaryId, { dictionaryId, dictionary, version, entries: items }, version);
}
