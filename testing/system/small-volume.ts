/** Small disks of their own, to be filled: what a full one does to the platform. Mounting wants root. */
import { execFileSync } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { testServerUrl } from '../postgres.ts';

export interface SmallVolume {
  readonly path: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  remove(): void;
}

export function smallVolume(megabytes: number): SmallVolume {
  const path = mkdtempSync(join(tmpdir(), 'artel-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'artel-small', path]);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (const size of [1024 * 1024, 4096])
          try {
            for (;;) writeSync(file, Buffer.alloc(size));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', ['-l', path]);
      rmdirSync(path);
    },
  };
}

/** A database on the test server whose tables all lie on a volume. */
export async function databaseOn(volume: SmallVolume, name: string): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await testServerUrl();
  const asOwner = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
      return (await client.query<{ folder: string }>("select current_setting('data_directory') as folder")).rows[0];
    } finally {
      await client.end();
    }
  };
  // A folder of the server's own, as it wants it.
  const { uid, gid } = statSync((await asOwner())?.folder as string);
  chownSync(volume.path, uid, gid);
  await asOwner(
    `create tablespace ${name} location '${volume.path}'`,
    `create database ${name} template template0 tablespace ${name}`,
  );
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () =>
      void (await asOwner(`drop database if exists ${name} with (force)`, `drop tablespace if exists ${name}`)),
  };
}
