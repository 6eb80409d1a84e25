import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export interface MigrateTarget {
  service: string;
  /** The service's folder of `NNNN-name.sql` files. */
  migrations: URL | undefined;
  /** The service has jobs: it gets a schema of its own for them. */
  jobs: boolean;
}

export interface MigrateOptions {
  /** Connection of the owner: may create roles and schemas. */
  adminUrl: string;
  /** From it each service's database password is derived. */
  roleSecret: string;
  targets: readonly MigrateTarget[];
  onProgress?(text: string): void;
}

const KIT_MIGRATIONS = new URL('./migrations/', import.meta.url);
/** Raise when `provision` changes, so that it runs again on existing databases. */
const PROVISION_VERSION = '2';
/** One process at a time provisions and migrates ("artel" in ASCII). */
const LOCK = 0x617274656c;
/** Services whose schemas are made side by side: they have nothing in common. */
const AT_ONCE = 4;
/** Nothing waits for the disk before the last commit of a service, the one that says it is done: that one syncs all before it. */
const LAZY = '-c synchronous_commit=off -c client_min_messages=warning';

export function roleName(service: string): string {
  return `artel_${service}`;
}

export function rolePassword(roleSecret: string, service: string): string {
  return createHmac('sha256', roleSecret).update(`database-role:${service}`).digest('base64url');
}

/** The connection of a service's own login role on the server of `adminUrl`. */
export function serviceUrl(adminUrl: string, roleSecret: string, service: string): string {
  const url = new URL(adminUrl);
  url.username = roleName(service);
  url.password = rolePassword(roleSecret, service);
  return url.toString();
}

/** With another secret the roles get other passwords. */
function passwordMark({ service }: MigrateTarget, roleSecret: string): string {
  return createHash('sha256').update(rolePassword(roleSecret, service)).digest('hex');
}

function digestOf(target: MigrateTarget): string {
  const hash = createHash('sha256').update(PROVISION_VERSION).update(String(target.jobs));
  for (const folder of [KIT_MIGRATIONS, target.migrations]) {
    if (!folder) continue;
    for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(new URL(file, folder)));
  }
  return hash.digest('hex');
}

/**
 * Brings every target's schema to this release: role, schema, grants, kit tables, the service's own migrations.
 * Safe to run from many processes at once (one works, the others wait and find it done); forward only.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const client = await connect(options);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query('create schema if not exists artel');
    await client.query(
      'create table if not exists artel.schema_state (service text primary key, digest text not null, at timestamptz not null default now())',
    );
    await client.query('alter table artel.schema_state add column if not exists password_mark text');
    const { rows } = await client.query<{ service: string; digest: string; mark: string | null }>(
      'select service, digest, password_mark as mark from artel.schema_state',
    );
    const done = new Map(rows.map((row) => [row.service, row]));
    const due = options.targets.filter((target) => {
      const known = done.get(target.service);
      return known?.digest !== digestOf(target) || known.mark !== passwordMark(target, options.roleSecret);
    });
    const lanes = Array.from({ length: Math.min(AT_ONCE, due.length) }, () => work(options, due));
    // All have ended before the lock goes, whichever failed.
    for (const lane of await Promise.allSettled(lanes)) if (lane.status === 'rejected') throw lane.reason;
  } finally {
    await client.end();
  }
}

/** Takes from what is due until nothing is left. */
async function work(options: MigrateOptions, due: MigrateTarget[]): Promise<void> {
  const client = await connect(options);
  try {
    for (let target = due.shift(); target; target = due.shift()) {
      options.onProgress?.(`database: ${target.service}`);
      await provision(client, options.roleSecret, target);
      await runMigrations(client, target);
      if (target.jobs) await installJobs(options, target.service);
      await client.query('set synchronous_commit = on');
      await client.query(
        `insert into artel.schema_state (service, digest, password_mark) values ($1, $2, $3)
         on conflict (service) do update set digest = excluded.digest, password_mark = excluded.password_mark, at = now()`,
        [target.service, digestOf(target), passwordMark(target, options.roleSecret)],
      );
      await client.query('set synchronous_commit = off');
    }
  } finally {
    await client.end();
  }
}

async function connect({ adminUrl }: MigrateOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'artel-migrate',
    connectionTimeoutMillis: 10_000,
    options: LAZY,
  });
  await client.connect();
  return client;
}

/** Role, schema and grants: the service's role uses the tables, the owner owns them, nobody else sees them. */
async function provision(client: pg.Client, roleSecret: string, target: MigrateTarget): Promise<void> {
  const { service } = target;
  const role = roleName(service);
  const password = rolePassword(roleSecret, service);
  const mark = `artel:${createHash('sha256').update(password).digest('hex').slice(0, 16)}`;
  const existing = await client.query<{ mark: string | null }>(
    "select shobj_description(oid, 'pg_authid') as mark from pg_roles where rolname = $1",
    [role],
  );
  if (existing.rows.length === 0) {
    await client
      .query(`create role ${role} login password ${client.escapeLiteral(password)}`)
      .catch((error: { code?: string }) => {
        // Roles belong to the whole server: another database's migration may have made it just now.
        if (error.code !== '42710' && error.code !== '23505') throw error;
      });
  }
  if (existing.rows[0]?.mark !== mark) {
    await client.query(`alter role ${role} login password ${client.escapeLiteral(password)}`).catch(ignoreConcurrent);
    await client.query(`comment on role ${role} is ${client.escapeLiteral(mark)}`).catch(ignoreConcurrent);
  }
  await client.query(`
    create schema if not exists ${service};
    revoke all on schema ${service} from public;
    grant usage on schema ${service} to ${role};
    alter default privileges in schema ${service} grant select, insert, update, delete on tables to ${role};
    alter default privileges in schema ${service} grant usage, select on sequences to ${role};
    alter default privileges in schema ${service} grant execute on functions to ${role};`);
  if (target.jobs) {
    // The job library makes its own tables as the service's role. Its bookkeeping table exists beforehand, because
    // with it the library leaves out `create schema`, which the role may not do.
    await client.query(`
      create schema if not exists ${service}_jobs;
      create table if not exists ${service}_jobs.migrations (id int primary key, ts timestamptz default now() not null, breaking boolean default false not null);
      grant all on schema ${service}_jobs to ${role};
      grant all on ${service}_jobs.migrations to ${role};`);
  }
}

/**
 * The job library's tables, made as the service's role before any worker runs. The library announces its breaking
 * migrations on one channel per database, whatever the schema, and every worker that hears of one stops for good and
 * sets the exit code 57: a service that migrated at its start would silently stop the timers of the others.
 */
async function installJobs(options: MigrateOptions, service: string): Promise<void> {
  const { Logger: WorkerLogger, runMigrations: runJobMigrations } = await import('graphile-worker');
  const connectionString = serviceUrl(options.adminUrl, options.roleSecret, service);
  const pgPool = new pg.Pool({ connectionString, max: 1, options: LAZY });
  // A fault of an idle connection is told by the next query; the library insists on handlers.
  pgPool.on('error', () => {}).on('connect', (one) => one.on('error', () => {}));
  try {
    await runJobMigrations({ pgPool, schema: `${service}_jobs`, logger: new WorkerLogger(() => () => {}) });
  } finally {
    await pgPool.end();
  }
}

/** Another database on the same server may set the same mark at the same moment. */
function ignoreConcurrent(error: { message?: string; code?: string }): void {
  if (error.code !== 'XX000' && !/concurrently/.test(error.message ?? '')) throw error;
}

async function runMigrations(client: pg.Client, target: MigrateTarget): Promise<void> {
  const { runner } = await import('node-pg-migrate');
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  for (const [folder, table] of [
    [KIT_MIGRATIONS, 'kit_migrations'],
    [target.migrations, 'migrations'],
  ] as const) {
    if (!folder) continue;
    await runner({
      dbClient: client,
      dir: fileURLToPath(folder),
      direction: 'up',
      schema: target.service,
      migrationsSchema: target.service,
      migrationsTable: table,
      noLock: true,
      checkOrder: true,
      logger: quiet,
      count: Number.POSITIVE_INFINITY,
    });
  }
}
