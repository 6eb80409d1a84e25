import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { SERVICES } from '#contracts/common/define.ts';
import { openEmbeddedBus } from '#kit/bus/embedded.ts';
import { migrate, roleName } from '#kit/db/migrate.ts';
import { errorCode, StartError } from '#kit/embedded/start-error.ts';
import type { FileStore } from '#kit/files/store.ts';
import { asOwner } from '../as-owner.ts';
import { registry } from '../registry.ts';
import { digestOf, digestOfFile, type Manifest, plainTextForms, secretMark, within } from './manifest.ts';

export interface RestoreOptions {
  /** The backup and its list. */
  source: string;
  manifest: Manifest;
  /** Owner of a database without Artel in it. Superuser: foreign keys and guards of history are off while rows go in. */
  adminUrl: string;
  masterSecret: string;
  /** Undefined: the files stay where they are. */
  files: FileStore | undefined;
  onProgress(text: string): void;
  /** Ends it early: it throws. */
  signal?: AbortSignal | undefined;
}

const BATCH = 1_000;

/** Compares every table and file of a backup with its list; throws on the first that differs, naming it. */
export async function checkBackup(source: string, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  for (const part of [...manifest.tables, ...manifest.files]) {
    signal?.throwIfAborted();
    const found = await digestOfFile(within(source, part.path)).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found?.sha256 !== part.sha256)
      throw new StartError(`the backup is damaged: ${part.path} is ${found ? 'not what it was' : 'missing'}`);
  }
}

/** F15: brings a backup into an empty place: tables of this release, rows in one transaction, files, all compared with the list. */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  const { manifest, adminUrl, masterSecret } = options;
  if (manifest.secretMark !== secretMark(masterSecret))
    throw new StartError(
      'the secret is not the one of the backup: set ARTEL_SECRET to it (sign-ins, the audit log and sealed data depend on it)',
      { exitCode: 78 },
    );
  await requireEmpty(adminUrl);
  await checkBackup(options.source, manifest, options.signal);
  const services = await Promise.all(SERVICES.map((name) => registry[name]()));
  await migrate({
    adminUrl,
    roleSecret: masterSecret,
    targets: services
      .filter((service) => manifest.services[service.contract.name] !== undefined)
      .map((service) => ({
        service: service.contract.name,
        migrations: service.migrations,
        jobs: Object.keys(service.jobs).length > 0,
      })),
    onProgress: options.onProgress,
  });
  if (manifest.tables.some((table) => table.schema === 'bus')) {
    const quiet = { info() {}, warn() {}, error() {} };
    await (await openEmbeddedBus({ connectionString: adminUrl, log: quiet })).close();
  }
  await asOwner(adminUrl, async (client) => {
    await plainTextForms(client);
    await requireRelease(client, manifest);
    await client.query('begin');
    await fill(client, options);
    await client.query('commit');
  });
  if (options.files) await restoreFiles(options.source, manifest, options.files);
}

async function requireEmpty(adminUrl: string): Promise<void> {
  await asOwner(adminUrl, async (client) => {
    const { rows } = await client.query("select 1 from pg_namespace where nspname = 'artel'");
    if (rows.length > 0)
      throw new StartError('the database has an Artel in it already: restore into an empty database or data folder');
    const { rows: mine } = await client.query('select rolsuper from pg_roles where rolname = current_user');
    if (mine[0]?.rolsuper !== true)
      throw new StartError('restoring needs a superuser of the database: name one in DATABASE_URL for this command');
  });
}

/** Rows fit only the tables that they came from. */
async function requireRelease(client: pg.Client, manifest: Manifest): Promise<void> {
  const { rows } = await client.query<{ service: string; digest: string }>(
    'select service, digest from artel.schema_state',
  );
  const differs = rows.find((row) => manifest.services[row.service] !== row.digest);
  if (differs)
    throw new StartError(
      `the backup is of another release (${manifest.version}; the tables of ${differs.service} differ): restore it with that release, then update`,
    );
}

async function fill(client: pg.Client, options: RestoreOptions): Promise<void> {
  const { manifest } = options;
  await client.query('set local session_replication_role = replica');
  for (const partition of manifest.partitions) await addPartition(client, partition);
  const names = manifest.tables.map((table) => quoted(table.schema, table.name));
  if (names.length > 0) await client.query(`truncate ${names.join(', ')} cascade`);
  for (const table of manifest.tables) {
    const rows = await fillTable(client, options, table);
    if (rows !== table.rows)
      throw new StartError(`${table.schema}.${table.name} has ${rows} rows, the backup says ${table.rows}`);
    // Whoever worked on a job at the time of the backup is gone; the library would wait four hours for him.
    if (table.columns.includes('locked_by') && table.schema.endsWith('_jobs'))
      await client.query(`update ${quoted(table.schema, table.name)} set locked_at = null, locked_by = null`);
  }
  for (const { schema, name, value, called } of manifest.sequences)
    await client.query('select setval($1::regclass, $2::bigint, $3)', [quoted(schema, name), value, called]);
}

/** Partitions that were made after the first start, with the rights of their parent: an append-only one stays so. */
async function addPartition(client: pg.Client, partition: Manifest['partitions'][number]): Promise<void> {
  const [name, parent] = [quoted(partition.schema, partition.name), quoted(partition.schema, partition.parent)];
  const { rows } = await client.query('select to_regclass($1) is not null as there', [name]);
  if (rows[0]?.there === true) return;
  const role = roleName(partition.schema);
  await client.query(`create table ${name} partition of ${parent} ${partition.bound}`);
  await client.query(`revoke all on ${name} from ${role}`);
  const { rows: rights } = await client.query<{ right: string }>(
    `select a.privilege_type as right from pg_class c, aclexplode(c.relacl) a
     where c.oid = $1::regclass and a.grantee = to_regrole($2)`,
    [parent, role],
  );
  for (const { right } of rights) await client.query(`grant ${right} on ${name} to ${role}`);
}

function quoted(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

async function fillTable(
  client: pg.Client,
  { source, signal }: RestoreOptions,
  table: Manifest['tables'][number],
): Promise<number> {
  const name = quoted(table.schema, table.name);
  const columns = table.columns.map((column) => pg.escapeIdentifier(column));
  const text = `insert into ${name} (${columns.join(', ')}) overriding system value
    select ${columns.map((column) => `(r).${column}`).join(', ')}
    from (select x::${name} as r from unnest($1::text[]) x offset 0) q`;
  let rows = 0;
  let batch: string[] = [];
  const flush = async () => {
    if (batch.length > 0) rows += (await client.query(text, [batch])).rowCount ?? 0;
    batch = [];
  };
  for await (const line of createInterface({ input: createReadStream(within(source, table.path)) })) {
    batch.push(JSON.parse(line) as string);
    signal?.throwIfAborted();
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return rows;
}

/** Puts the files of a backup back. Keys are never used twice, so what came later stays beside them. */
export async function restoreFiles(source: string, manifest: Manifest, files: FileStore): Promise<void> {
  for (const file of manifest.files) {
    const path = file.path.replaceAll('\\', '/').replace(/^files\//, '');
    await files.write(path, within(source, file.path), file.contentType);
    const back = await files.read(path);
    if (!back || (await digestOf(back.content)).sha256 !== file.sha256)
      throw new StartError(`${file.path} was not copied right`);
  }
}
