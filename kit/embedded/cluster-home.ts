import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries } from './binaries.ts';
import { clearLeftovers } from './postmaster.ts';
import { canEnter, isRoot, pickServerUser, type ServerUser } from './server-user.ts';
import { errorCode, StartError } from './start-error.ts';

/** Where a data folder's cluster lies, who runs it, and where copies of the programs may go. */
export interface ClusterHome {
  /** PostgreSQL's data directory; may not exist yet. */
  dir: string;
  user: ServerUser | undefined;
  programs: string;
}

/** Where clusters go that can't lie in their data folder. */
export const outsideRoot = '/var/lib/artel';

/** In the data folder: says where outside the cluster is. */
const pointerFile = 'postgres.location';
/** In the outside home: says whose cluster it is. */
const ownerFile = 'data-folder';

/**
 * Decides where the cluster of data folder `dataFolder` lies: in `postgres/` inside it; but when we are root and the
 * account PostgreSQL runs as can't get there (the folder is below /root, say), in a home under `outside`, which the
 * data folder then points to. Moves an existing cluster there if need be.
 */
export async function clusterHome(
  dataFolder: string,
  say: (text: string) => void,
  outside: string = outsideRoot,
): Promise<ClusterHome> {
  const inside = path.join(dataFolder, 'postgres');
  const away = await readPointer(dataFolder);
  if (away !== undefined) await confirmOwner(away, dataFolder);
  const dir = away === undefined ? inside : path.join(away, 'postgres');
  const user = await userOf(dir);
  if (away !== undefined) return { dir, user, programs: path.join(away, 'programs') };
  if (await canEnter(dataFolder, user)) return { dir, user, programs: path.join(dataFolder, 'programs') };
  const home = await makeOutsideHome(dataFolder, outside, user);
  say(`user ${user?.name}, as whom PostgreSQL runs, can't enter ${dataFolder}: the database is kept in ${home}`);
  return { dir: path.join(home, 'postgres'), user, programs: path.join(home, 'programs') };
}

/** An existing cluster keeps its owner: PostgreSQL refuses to run as anybody else. */
async function userOf(dir: string): Promise<ServerUser | undefined> {
  const owner = await stat(dir).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new StartError(`The database in ${dir} can't be reached: ${(error as Error).message}.`, { cause: error });
  });
  if (!owner) return pickServerUser();
  if (isRoot() && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: `with id ${owner.uid}` };
  const own = process.getuid?.();
  if (own === undefined || owner.uid === own) return undefined;
  throw new StartError(
    `The database in ${dir} belongs to the user with id ${owner.uid}, this process runs as ${own}: start as the user who started first.`,
  );
}

async function makeOutsideHome(dataFolder: string, outside: string, user: ServerUser | undefined): Promise<string> {
  const home = path.join(outside, randomBytes(6).toString('hex'));
  try {
    const made = await mkdir(outside, { recursive: true });
    if (made !== undefined) await chmod(outside, 0o711);
    await mkdir(home);
    await chmod(home, 0o711);
    if (!(await canEnter(home, user))) throw new Error(`user ${user?.name} can't enter ${home} either`);
    await writeFile(path.join(home, ownerFile), dataFolder, { mode: 0o600 });
  } catch (error) {
    throw new StartError(
      `PostgreSQL runs as user ${user?.name}, who can't enter ${dataFolder}, and ${outside} can't be used instead (${(error as Error).message}): choose another data folder, start as an ordinary user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  const inside = path.join(dataFolder, 'postgres');
  if (existsSync(inside)) await moveCluster(inside, path.join(home, 'postgres'));
  const pointer = path.join(dataFolder, pointerFile);
  await writeFile(`${pointer}.new`, home, { mode: 0o600, flush: true });
  await rename(`${pointer}.new`, pointer);
  return home;
}

async function moveCluster(from: string, to: string): Promise<void> {
  try {
    await clearLeftovers(from, (await findBinaries()).pgCtl, () => undefined);
    await rename(from, to);
  } catch (error) {
    throw new StartError(
      `The database can't be moved from ${from} to ${to} (${(error as Error).message}): move it by hand.`,
      {
        cause: error,
      },
    );
  }
}

async function readPointer(dataFolder: string): Promise<string | undefined> {
  const text = await readFile(path.join(dataFolder, pointerFile), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

/** A data folder that was copied points to the original's database, which must not get a second master. */
async function confirmOwner(home: string, dataFolder: string): Promise<void> {
  if (!isRoot()) {
    throw new StartError(`The database of ${dataFolder} was made by root and lies in ${home}: start as root again.`);
  }
  const owner = await readFile(path.join(home, ownerFile), 'utf8').catch(() => undefined);
  if (owner === undefined) {
    throw new StartError(
      `The database of ${dataFolder} is expected in ${home}, which is gone: restore it from a backup.`,
    );
  }
  if (owner === dataFolder) return;
  if ((await readPointer(owner)) === home) {
    throw new StartError(
      `${dataFolder} is a copy of ${owner}, and its database in ${home} is the original's: copies need a backup and a restore.`,
    );
  }
  // The folder was moved.
  await writeFile(path.join(home, ownerFile), dataFolder, { mode: 0o600 });
}

/** Stops and deletes the cluster of a data folder, wherever it lies. */
export async function removeClusters(dataFolder: string): Promise<void> {
  const away = await readPointer(dataFolder);
  const homes = [dataFolder];
  if (away !== undefined) {
    await confirmOwner(away, dataFolder);
    homes.push(away);
  }
  for (const home of homes) {
    const dir = path.join(home, 'postgres');
    if (!existsSync(dir)) continue;
    await clearLeftovers(dir, (await findBinaries()).pgCtl, () => undefined);
    await rm(dir, { recursive: true, force: true });
  }
  if (away !== undefined) {
    await rm(path.join(dataFolder, pointerFile), { force: true });
    await rm(away, { recursive: true, force: true });
  }
}
