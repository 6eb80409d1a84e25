import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartError } from './start-error.ts';

/** The account PostgreSQL runs as when this process is root, whom PostgreSQL refuses. */
export interface ServerUser {
  uid: number;
  gid: number;
  name: string;
}

const run = promisify(execFile);

/** Accounts to run as, the best first. `nobody` exists on every system; the others only where somebody made them. */
const candidates = ['artel', 'postgres', '_postgres', 'nobody'];

/** Whether this process is root and so must hand PostgreSQL to another account. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The account to run PostgreSQL as: undefined (our own) unless this process is root. */
export async function pickServerUser(): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  for (const name of candidates) {
    const user = await lookUp(name);
    if (user && user.uid > 0) return await confirm(user);
  }
  throw new StartError(
    `PostgreSQL can't run as root and none of the users ${candidates.join(', ')} exists: start as an ordinary user, or set DATABASE_URL.`,
  );
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), name };
  } catch {
    return undefined;
  }
}

/** Some containers give root no right to become somebody else: found out here, where it can be said plainly. */
async function confirm(user: ServerUser): Promise<ServerUser> {
  try {
    await run('id', [], { uid: user.uid, gid: user.gid, cwd: '/' });
    return user;
  } catch (error) {
    throw new StartError(
      `PostgreSQL can't run as root and this root may not become user ${user.name} (${(error as Error).message}): start as an ordinary user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Whether `user` (undefined: our own) can enter `dir`, which needs every folder above it to let them through. */
export async function canEnter(dir: string, user: ServerUser | undefined): Promise<boolean> {
  if (!user) return true;
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { uid: user.uid, gid: user.gid, cwd: '/', env: {} });
    return true;
  } catch {
    return false;
  }
}
