import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { SERVICES } from '#contracts/common/define.ts';
import { errorCode, StartError } from '#kit/embedded/start-error.ts';
import type { FileStore } from '#kit/files/store.ts';
import { VERSION } from '../version.ts';
import {
  digestOfFile,
  FORMAT,
  MANIFEST,
  type Manifest,
  plainTextForms,
  secretMark,
  sizeOf,
  within,
} from './manifest.ts';

export interface BackupOptions {
  adminUrl: string;
  masterSecret: string;
  /** Where the services keep their files. */
  files: FileStore;
  /** The new backup. */
  target: string;
  /** Folder below BACKUP_DIR; undefined: the backup lies elsewhere. */
  name?: string | undefined;
  /** Content of the data folder's secrets, to be kept with the backup. */
  secrets: string | undefined;
  at: Date;
  /** Told after each table and file. `all` counts the tables until the files are known. */
  onPart?(done: number, all: number): void;
  /** Ends it early: it throws, and what was written is no backup. */
  signal?: AbortSignal | undefined;
}

const BATCH = 1_000;
/** The transport inside the database, when it is used. */
const BUS_SCHEMA = 'bus';

/**
 * Writes a backup beside a running platform: all tables as they are at one moment (one repeatable-read snapshot), then the
 * files. The list comes last, so that a backup that was cut off is none. The embedded database ships no pg_dump, hence
 * rows are kept in PostgreSQL's own text form, which any server reads back exactly.
 */
export async function createBackup(options: BackupOptions): Promise<Manifest> {
  emptyFolder(options.target);
  const client = new pg.Client({ connectionString: options.adminUrl, application_name: 'artel-backup' });
  await client.connect();
  try {
    await plainTextForms(client);
    await client.query('begin isolation level repeatable read read only');
    const manifest: Manifest = {
      format: FORMAT,
      version: VERSION,
      at: options.at.toISOString(),
      services: await servicesOf(client),
      secretMark: secretMark(options.masterSecret),
      withSecrets: options.secrets !== undefined,
      partitions: await partitionsOf(client),
      tables: [],
      sequences: await sequencesOf(client),
      files: [],
    };
    const tables = await tablesOf(client);
    for (const table of tables) {
      manifest.tables.push(await saveTable(client, options, table));
      options.onPart?.(manifest.tables.length, tables.length);
    }
    await client.query('commit');
    manifest.files = await saveFiles(options, tables.length);
    if (options.secrets !== undefined)
      await writeFile(join(options.target, 'secrets.json'), options.secrets, { mode: 0o600 });
    const path = join(options.target, MANIFEST);
    await writeFile(`${path}.new`, `${JSON.stringify(manifest, undefined, 1)}\n`, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
    await noteBackup(client, manifest, options.name);
    return manifest;
  } finally {
    await client.end();
  }
}

/** For the list of the administration. A platform without admin has none. */
async function noteBackup(client: pg.Client, manifest: Manifest, name: string | undefined): Promise<void> {
  const { rows } = await client.query("select to_regclass('admin.backups') is not null as there");
  if (rows[0]?.there !== true) return;
  await client.query(
    `insert into admin.backups (name, made_at, version, tables, files, bytes) values ($1, $2, $3, $4, $5, $6)
     on conflict (name) do nothing`,
    [name, manifest.at, manifest.version, manifest.tables.length, manifest.files.length, sizeOf(manifest)],
  );
}

/** `2026-01-02T03-04-05Z`: a name that every file system takes. */
export function backupName(at: Date): string {
  return at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
}

function emptyFolder(target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  if (readdirSync(target).length > 0) throw new StartError(`${target} is not empty: name a new folder`);
}

const SCHEMAS = [...SERVICES.flatMap((service) => [service, `${service}_jobs`]), BUS_SCHEMA];

async function servicesOf(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client
    .query<{ service: string; digest: string }>('select service, digest from artel.schema_state order by service')
    .catch((error: unknown) => {
      if (errorCode(error) === '42P01' || errorCode(error) === '3F000')
        throw new StartError('there is nothing to back up: the database has no Artel in it');
      throw error;
    });
  return Object.fromEntries(rows.map((row) => [row.service, row.digest]));
}

async function partitionsOf(client: pg.Client): Promise<Manifest['partitions']> {
  const { rows } = await client.query(
    `select n.nspname as schema, c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
     where n.nspname = any($1) and c.relispartition and c.relkind = 'r' order by 1, 2`,
    [SCHEMAS],
  );
  return rows;
}

async function sequencesOf(client: pg.Client): Promise<Manifest['sequences']> {
  const { rows } = await client.query<{ schema: string; name: string; value: string; called: boolean }>(
    `select schemaname as schema, sequencename as name, coalesce(last_value, start_value)::text as value,
       last_value is not null as called from pg_sequences where schemaname = any($1) order by 1, 2`,
    [SCHEMAS],
  );
  return rows;
}

type Table = Pick<Manifest['tables'][number], 'schema' | 'name' | 'columns'>;

/** Partitions are read through their parents; generated columns are made anew. */
async function tablesOf(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select n.nspname as schema, c.relname as name,
       array(select attname::text from pg_attribute
             where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition order by 1, 2`,
    [SCHEMAS],
  );
  return rows;
}

async function saveTable(
  client: pg.Client,
  { target, signal }: BackupOptions,
  table: Table,
): Promise<Manifest['tables'][number]> {
  const path = `tables/${table.schema}.${table.name}.jsonl`;
  await mkdir(join(target, 'tables'), { recursive: true, mode: 0o700 });
  const file = await open(join(target, path), 'wx', 0o600);
  const hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  try {
    const name = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.name)}`;
    await client.query(`declare saved no scroll cursor for select t::text as row from ${name} t`);
    for (;;) {
      signal?.throwIfAborted();
      const batch = await client.query<{ row: string }>(`fetch ${BATCH} from saved`);
      if (batch.rows.length === 0) break;
      const text = Buffer.from(batch.rows.map(({ row }) => `${JSON.stringify(row)}\n`).join(''));
      await file.write(text);
      hash.update(text);
      bytes += text.length;
      rows += batch.rows.length;
    }
    await client.query('close saved');
    await file.sync();
  } finally {
    await file.close();
  }
  return { ...table, path, rows, bytes, sha256: hash.digest('hex') };
}

/** A file that is deleted meanwhile is left out: whoever deleted it meant it. */
async function saveFiles({ files, target, onPart, signal }: BackupOptions, tables: number): Promise<Manifest['files']> {
  const saved: Manifest['files'] = [];
  const names: string[] = [];
  for await (const name of files.list()) names.push(name);
  for (const [index, name] of names.sort().entries()) {
    signal?.throwIfAborted();
    const path = `files/${name}`;
    const to = within(target, path);
    const found = await files.read(name);
    if (found === undefined) continue;
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await pipeline(found.content, createWriteStream(to, { flags: 'wx', mode: 0o600 }));
    saved.push({ path, ...(await digestOfFile(to)), ...(found.contentType && { contentType: found.contentType }) });
    onPart?.(tables + index + 1, tables + names.length);
  }
  return saved;
}
