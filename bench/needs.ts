/** A database and a broker for the run. The database is our own embedded one, synced to disk, unless BENCH_DATABASE_URL names another. */
import { connect } from 'node:net';
import { openDataFolder } from '#kit/embedded/data-folder.ts';
import { startPostgres } from '#kit/embedded/postgres.ts';
import { temporaryFolder } from '#testing/system/world.ts';

interface Needs {
  readonly databaseUrl: string;
  /** Undefined: no broker answers. */
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
  const amqpUrl = process.env['AMQP_URL'] ?? ((await listens(5672)) ? 'amqp://guest:guest@127.0.0.1:5672' : undefined);
  const given = process.env['BENCH_DATABASE_URL'];
  if (given) return { databaseUrl: given, amqpUrl, close: async () => {} };
  const temporary = temporaryFolder();
  const folder = await openDataFolder(`${temporary.path}/data`);
  const postgres = await startPostgres({ folder, maxConnections: 400 });
  return {
    databaseUrl: postgres.url,
    amqpUrl,
    async close() {
      await postgres.stop();
      folder.close();
      temporary.remove();
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
