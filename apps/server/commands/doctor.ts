import { accessSync, constants, statfsSync } from 'node:fs';
import pg from 'pg';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { connectRabbit } from '#kit/bus/rabbit.ts';
import { readConfig } from '#kit/config.ts';
import { createLogger } from '#kit/log.ts';
import { registry } from '../registry.ts';
import { type PlatformSettings, readPlatformSettings } from '../settings.ts';

type Env = Readonly<Record<string, string | undefined>>;
interface Finding {
  readonly what: string;
  readonly fault?: string;
  /** What to do. */
  readonly mend?: string;
}

/** `artel doctor`: looks at every need of an installation, and says what to do about what is wrong. Exit code 1 with a fault. */
export async function doctorCommand(env: Env): Promise<void> {
  const settings = readPlatformSettings(env);
  const findings = [
    nodeVersion(),
    folder(settings),
    ...(await database(settings)),
    await broker(settings),
    ...(await services(settings)),
    ...(await serviceSettings(env)),
    operator(env),
  ];
  for (const { what, fault, mend } of findings)
    process.stdout.write(fault === undefined ? `ok    ${what}\n` : `FAULT ${what}: ${fault}\n      → ${mend}\n`);
  if (findings.some((finding) => finding.fault !== undefined)) process.exitCode = 1;
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24
    ? { what: `Node.js ${process.versions.node}` }
    : {
        what: 'Node.js',
        fault: `version ${process.versions.node} is too old`,
        mend: 'start through npm (`npm start`), which brings Node.js 24',
      };
}

function folder(settings: PlatformSettings): Finding {
  const what = `data folder ${settings.DATA_DIR}`;
  try {
    accessSync(settings.DATA_DIR, constants.W_OK);
    const { bavail, bsize } = statfsSync(settings.DATA_DIR);
    const free = Math.floor((bavail * bsize) / 1024 ** 2);
    return free > 500
      ? { what: `${what}, ${free} MiB free` }
      : { what, fault: `only ${free} MiB are free`, mend: 'make room, or set DATA_DIR to another disk' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { what: `${what} (will be made)` };
    return {
      what,
      fault: (error as Error).message,
      mend: 'give the user of the process the right to write, or set DATA_DIR',
    };
  }
}

async function database(settings: PlatformSettings): Promise<Finding[]> {
  if (settings.DATABASE_URL === undefined) return [{ what: 'database: embedded' }];
  const client = new pg.Client({ connectionString: settings.DATABASE_URL, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; max: number; roles: boolean; create: boolean }>(`
      select current_setting('server_version_num')::int as version, current_setting('max_connections')::int as max,
        (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as roles, has_database_privilege(current_database(), 'create') as create`);
    const row = rows[0] as NonNullable<(typeof rows)[0]>;
    const wanted = SERVICES.length * (settings.DB_POOL_MAX + 3);
    return [
      row.version >= 150_000
        ? { what: `PostgreSQL ${Math.floor(row.version / 10_000)}` }
        : { what: 'PostgreSQL', fault: 'is older than 15', mend: 'use PostgreSQL 15 or newer' },
      row.roles && row.create
        ? { what: 'database owner may create roles and schemas' }
        : {
            what: 'database owner',
            fault: 'may not create roles or schemas',
            mend: 'grant CREATEROLE and CREATE on the database to the role of DATABASE_URL',
          },
      row.max > wanted + 10
        ? { what: `max_connections ${row.max} suffices for one replica of each service (${wanted})` }
        : {
            what: 'max_connections',
            fault: `${row.max} are too few for ${wanted}`,
            mend: 'raise max_connections or lower DB_POOL_MAX',
          },
    ];
  } catch (error) {
    return [
      {
        what: 'database',
        fault: (error as Error).message,
        mend: 'start PostgreSQL, and look at host, user and password in DATABASE_URL',
      },
    ];
  } finally {
    await client.end().catch(() => {});
  }
}

async function broker(settings: PlatformSettings): Promise<Finding> {
  if (settings.AMQP_URL === undefined) return { what: 'transport: embedded' };
  const bus = await connectRabbit({
    url: settings.AMQP_URL,
    log: createLogger({ level: 'silent', pretty: false }),
    timeoutMs: 3_000,
  }).catch((error: Error) => error);
  if (bus instanceof Error)
    return { what: 'RabbitMQ', fault: bus.message, mend: 'look at user, password and vhost in AMQP_URL' };
  const healthy = bus.healthy();
  await bus.close();
  return healthy
    ? { what: 'RabbitMQ' }
    : {
        what: 'RabbitMQ',
        fault: 'can not be reached or takes no messages',
        mend: 'start it, and look at its alarms: memory, disk',
      };
}

/** Services that run elsewhere must answer. */
async function services(settings: PlatformSettings): Promise<Finding[]> {
  const known = SERVICES.flatMap((name) =>
    (settings[`${name.toUpperCase() as Uppercase<ServiceName>}_URL`] ?? '')
      .split(',')
      .filter(Boolean)
      .map((address) => ({ name, address: address.trim() })),
  );
  return await Promise.all(
    known.map(async ({ name, address }) => {
      const what = `${name} at ${address}`;
      try {
        const answer = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(3_000) });
        return answer.ok ? { what } : { what, fault: await answer.text(), mend: `look at the log of ${name}` };
      } catch (error) {
        return {
          what,
          fault: `does not answer (${(error as Error).message})`,
          mend: `start it, or correct ${name.toUpperCase()}_URL`,
        };
      }
    }),
  );
}

/** No fault: a platform that nobody else uses needs none. */
function operator(env: Env): Finding {
  const name = env['OPERATOR_NAME'];
  return { what: name ? `operator: ${name}` : 'operator: not named, and the legal texts say so (OPERATOR_NAME)' };
}

async function serviceSettings(env: Env): Promise<Finding[]> {
  const stand = {
    SMTP_URL: 'smtp://localhost',
    PROVIDER_URL: 'http://localhost',
    PROVIDER_API_KEY: 'x',
    PROVIDER_WEBHOOK_SECRET: 'x',
  };
  const findings: Finding[] = [];
  for (const name of SERVICES) {
    try {
      readConfig((await registry[name]()).config, { ...stand, ...env });
    } catch (error) {
      findings.push({
        what: `settings of ${name}`,
        fault: (error as Error).message.replaceAll('\n', '; '),
        mend: 'correct the variable',
      });
    }
  }
  return findings.length > 0 ? findings : [{ what: 'settings of all services' }];
}
