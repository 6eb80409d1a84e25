/** A database and a broker for the run: our own embedded one, synced to disk, and a node of its own, unless BENCH_DATABASE_URL or AMQP_URL name others. */
import { openDataFolder } from '#kit/embedded/data-folder.ts';
import { startPostgres } from '#kit/embedded/postgres.ts';
import { brokerIsInstalled, ownBroker } from '#testing/broker.ts';
import { temporaryFolder } from '#testing/system/world.ts';

interface Needs {
  readonly databaseUrl: string;
  /** Undefined: this machine has none. */
  readonly amqpUrl: string | undefined;
}

let opened: Promise<Needs & { close(): Promise<void> }> | undefined;

export function needs(): Promise<Needs> {
  opened ??= open();
  return opened;
}

const endings: (() => Promise<unknown>)[] = [];

/** What the benches of a family share ends before the database does; the last begun first. */
export function atEnd(end: () => Promise<unknown>): void {
  endings.push(end);
}

export async function closeNeeds(): Promise<void> {
  for (let end = endings.pop(); end; end = endings.pop()) await end();
  const open = await opened;
  opened = undefined;
  await open?.close();
}

async function open(): Promise<Needs & { close(): Promise<void> }> {
  const [database, broker] = await Promise.all([openDatabase(), openBroker()]);
  return {
    databaseUrl: database.url,
    amqpUrl: broker?.url,
    async close() {
      await broker?.close();
      await database.close();
    },
  };
}

interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

async function openBroker(): Promise<Opened | undefined> {
  const given = process.env['AMQP_URL'];
  if (given) return { url: given, close: async () => {} };
  return brokerIsInstalled() ? await ownBroker() : undefined;
}

async function openDatabase(): Promise<Opened> {
  const given = process.env['BENCH_DATABASE_URL'];
  if (given) return { url: given, close: async () => {} };
  const temporary = temporaryFolder();
  const folder = await openDataFolder(`${temporary.path}/data`);
  const postgres = await startPostgres({ folder, maxConnections: 400 });
  return {
    url: postgres.url,
    async close() {
      await postgres.stop();
      folder.close();
      temporary.remove();
    },
  };
}
