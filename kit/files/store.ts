import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** All files of all services, on disk or in the bucket: for backups. A path is the service and its key: `users/avatars/1.webp`. */
export interface FileStore {
  /** In the order of the names. */
  list(): AsyncIterable<string>;
  /** Undefined: it is gone. The type is known to a bucket only. */
  read(path: string): Promise<{ content: Readable; contentType?: string | undefined } | undefined>;
  /** Puts the content of a file of this machine there; goes over what is there. */
  write(path: string, from: string, contentType?: string): Promise<void>;
}

export function diskStore(folder: string): FileStore {
  const at = (path: string) => {
    const whole = resolve(folder, path);
    if (!whole.startsWith(resolve(folder) + sep)) throw new Error(`a path outside of the files: ${path}`);
    return whole;
  };
  return {
    async *list() {
      yield* await filesBelow(folder);
    },
    async read(path) {
      const stream = createReadStream(at(path));
      try {
        await new Promise((ready, reject) => stream.once('open', ready).once('error', reject));
        return { content: stream };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        await finished(stream).catch(() => {});
        throw error;
      }
    },
    async write(path, from) {
      await mkdir(dirname(at(path)), { recursive: true, mode: 0o700 });
      await copyFile(from, at(path));
    },
  };
}

/** Every file below, as paths relative to it with `/`, in order; none when the folder is absent. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, '/'),
    )
    .sort();
}
