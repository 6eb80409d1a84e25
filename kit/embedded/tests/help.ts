import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { type DataFolder, openDataFolder } from '../data-folder.ts';
import { type Postgres, type PostgresOptions, startPostgres } from '../postgres.ts';
import { isPostmasterOf, until } from '../postmaster.ts';

/** A folder for one test, deleted after it. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'artel-embedded-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Opens the data folder and starts its server; both are stopped after the test, if not before by `close`. */
export async function open(
  dir: string,
  options: Partial<PostgresOptions> = {},
): Promise<{ folder: DataFolder; server: Postgres; close(): Promise<void> }> {
  const folder = await openDataFolder(dir);
  onTestFinished(() => folder.close());
  const server = await startPostgres({ folder, ...options });
  onTestFinished(() => server.stop());
  const close = async () => {
    await server.stop();
    folder.close();
  };
  return { folder, server, close };
}

export async function rows<T>(url: string, statement: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows as T[];
  } finally {
    await client.end();
  }
}

/** A platform in a process of its own, to be killed. */
export async function holder(dir: string): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const child = spawnHolder(dir);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const started = JSON.parse(line.toString()) as { url: string; pid: number };
  onTestFinished(async () => {
    // Its watcher stops the server; the folder can't be deleted before that.
    child.kill('SIGKILL');
    await until(async () => !(await isPostmasterOf(started.pid, path.join(dir, 'postgres'))), 10_000);
  });
  return { child, ...started };
}

/** Kills a process as the kernel would, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** What a second start on the same folder prints and exits with. */
export async function refusedStart(dir: string): Promise<{ code: number | null; said: string }> {
  const child = spawnHolder(dir);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

function spawnHolder(dir: string): ChildProcess {
  const script = fileURLToPath(new URL('hold.ts', import.meta.url));
  return spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'pipe'] });
}
