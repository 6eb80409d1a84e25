import { openDataFolder } from '../data-folder.ts';
import { startPostgres } from '../postgres.ts';
import { StartError } from '../start-error.ts';

// A process of its own for the tests to kill: opens the data folder named by its argument, starts PostgreSQL in it, says
// so in one line of JSON, and stays until it is stopped. It prints a StartError as a platform's main would.
const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: hold.ts FOLDER');
try {
  const folder = await openDataFolder(dir);
  const server = await startPostgres({ folder });
  process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid })}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
