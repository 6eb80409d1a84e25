import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { removeClusters } from './cluster-home.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { isRoot } from './server-user.ts';
import { errorCode, StartError } from './start-error.ts';

/** The one folder in which a platform on one machine keeps everything. Held exclusively until `close()`. */
export interface DataFolder {
  /** Absolute, without symbolic links. */
  readonly dir: string;
  /** Path of the subfolder `name` (`files`, `mail`, `bus` …), which is created if absent, for us alone. */
  path(name: string): string;
  /** Path of the file `name` in the folder. */
  file(name: string): string;
  /**
   * The secret `name`: `bytes` random bytes in base64url, generated at the first call ever and the same from then on.
   * Kept in secrets.json (mode 0600). Asking for another length than it has is an error of ours.
   */
  secrets(name: string, bytes: number): string;
  /**
   * Deletes everything in the folder, databases first and secrets last, so that a reset that is killed can be repeated.
   * Call it before anything was started on the folder.
   */
  reset(): Promise<void>;
  /** Lets go of the folder. */
  close(): void;
}

const marker = 'artel-data.json';
const lockFiles = new Set(['lock', 'lock.holder']);
/** What a file system's root may hold before we come. */
const foreign = new Set(['lost+found', '.DS_Store', '.gitkeep', '.gitignore']);

/**
 * Opens (creates) the data folder `dir` and locks it. Throws a StartError of one line if it is used by another process,
 * can't be written, isn't a folder, or is somebody else's folder (not empty and never ours: `reset` would delete it).
 */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  const absolute = createFolder(path.resolve(dir));
  const isOurs = refuseForeignFolder(absolute);
  probeWriting(absolute);
  const unlock = lockDataFolder(absolute);
  try {
    if (!isOurs) writeAtomically(path.join(absolute, marker), `${JSON.stringify({ format: 1 })}\n`);
    letServerUserThrough(absolute);
    const secretsFile = path.join(absolute, 'secrets.json');
    let known = readSecrets(secretsFile);
    return {
      dir: absolute,
      path(name) {
        const folder = path.join(absolute, name);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        return folder;
      },
      file: (name) => path.join(absolute, name),
      secrets(name, bytes) {
        known = withSecret(known, name, bytes, secretsFile);
        return known[name] as string;
      },
      async reset() {
        await emptyFolder(absolute);
        known = {};
      },
      close: unlock,
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function createFolder(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!statSync(dir).isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    return realpathSync(dir);
  } catch (error) {
    throw refusal(dir, errorCode(error) === 'ENOENT' ? whyNotCreated(dir, error) : error);
  }
}

/** A recursive mkdir says ENOENT on a read-only file system; the folder above says why. */
function whyNotCreated(dir: string, error: unknown): unknown {
  let above = path.dirname(dir);
  while (!existsSync(above)) above = path.dirname(above);
  try {
    accessSync(above, constants.W_OK);
    return error;
  } catch (reason) {
    return reason;
  }
}

function refuseForeignFolder(dir: string): boolean {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw refusal(dir, error);
  }
  if (names.includes(marker)) return true;
  const strange = names.filter((name) => !foreign.has(name) && !lockFiles.has(name) && !name.startsWith('.artel-'));
  if (strange.length === 0) return false;
  throw new StartError(
    `The data folder ${dir} is not empty (${strange.slice(0, 3).join(', ')}) and not Artel's: choose an empty folder.`,
    { exitCode: 78 },
  );
}

function probeWriting(dir: string): void {
  const probe = path.join(dir, `.artel-probe-${process.pid}`);
  try {
    closeSync(openSync(probe, 'w', 0o600));
    rmSync(probe);
  } catch (error) {
    throw refusal(dir, error);
  }
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'something on the way is a file, not a folder',
  EEXIST: 'it is a file, not a folder',
};

/** Why a file could not be written, in words; undefined: it was something else. */
export function diskReason(error: unknown): string | undefined {
  const code = errorCode(error);
  return code === undefined ? undefined : reasons[code];
}

function refusal(dir: string, error: unknown): StartError {
  const reason = diskReason(error) ?? (error as Error).message;
  return new StartError(`The data folder ${dir} can't be written: ${reason}.`, { cause: error });
}

/** PostgreSQL of a root start runs as another account, which must pass through the folder, though it can't list it. */
function letServerUserThrough(dir: string): void {
  if (!isRoot()) return;
  const mode = statSync(dir).mode & 0o7777;
  if ((mode & 0o011) !== 0o011) chmodSync(dir, mode | 0o011);
}

function readSecrets(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new StartError(`The secrets in ${file} can't be read: ${(error as Error).message}.`, { cause: error });
  }
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    // Not the parser's message: it quotes the text, which is secret.
    throw new StartError(`The secrets in ${file} are damaged: it isn't JSON. Restore it from a backup.`);
  }
}

function withSecret(known: Record<string, string>, name: string, bytes: number, file: string): Record<string, string> {
  const existing = Object.hasOwn(known, name) ? known[name] : undefined;
  if (existing !== undefined) {
    if (Buffer.from(existing, 'base64url').length === bytes) return known;
    throw new Error(`the secret ${name} was generated with another length than ${bytes} bytes`);
  }
  const more = { ...known, [name]: randomBytes(bytes).toString('base64url') };
  writeAtomically(file, `${JSON.stringify(more, undefined, 2)}\n`);
  return more;
}

/** Mode 0600; after a crash the file holds the old text or the new. */
function writeAtomically(file: string, text: string): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  if (process.platform === 'win32') return;
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

async function emptyFolder(dir: string): Promise<void> {
  await removeClusters(dir);
  const last = ['secrets.json'];
  const names = readdirSync(dir).filter((name) => !lockFiles.has(name) && !foreign.has(name) && name !== marker);
  for (const name of [...names.filter((one) => !last.includes(one)), ...last]) {
    // rm doesn't follow symbolic links: what a link points to stays.
    rmSync(path.join(dir, name), { recursive: true, force: true });
  }
}
