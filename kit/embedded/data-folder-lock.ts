import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

/** SQLITE_BUSY: another connection holds the lock. */
const busy = 5;

/**
 * Takes the exclusive lock of a data folder and returns how to let go of it. Throws a StartError that names the holder.
 *
 * Node has no file locks of its own, but SQLite does: an exclusive transaction on the empty file `lock` is a lock the
 * operating system keeps for this process and drops with it, kill -9 included. So there are no stale locks, no pids to
 * guess about, no race between two starts, and it holds between containers that share the folder. `lock.holder` only
 * tells people who it is.
 */
export function lockDataFolder(dir: string): () => void {
  const holderFile = path.join(dir, 'lock.holder');
  let database: DatabaseSync | undefined;
  try {
    // Half a second of patience, for a holder that was killed a moment ago and is still going.
    database = new DatabaseSync(path.join(dir, 'lock'), { timeout: 500 });
    // Nothing is ever written, so no journal is wanted beside it.
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === busy) {
      throw new StartError(`The data folder ${dir} is in use by another copy of Artel${describeHolder(holderFile)}.`, {
        cause: error,
      });
    }
    throw new StartError(
      `The data folder ${dir} can't be locked (${(error as Error).message}): its file system must support file locks.`,
      { cause: error },
    );
  }
  const held = database;
  // A killed run, perhaps of another user, may have left it.
  rmSync(holderFile, { force: true });
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }), {
    mode: 0o600,
  });
  let locked = true;
  return () => {
    if (!locked) return;
    locked = false;
    rmSync(holderFile, { force: true });
    held.close();
  };
}

function describeHolder(file: string): string {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; host: string; since: string };
    const place = holder.host === hostname() ? '' : ` on ${holder.host}`;
    return `: process ${holder.pid}${place}, since ${holder.since}`;
  } catch {
    return '';
  }
}
