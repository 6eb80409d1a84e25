import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { Files } from './files.ts';

function fail(error: unknown): never {
  if (/ENOSPC|EDQUOT/.test(String((error as { cause?: unknown }).cause ?? error)))
    throw new Problem('storage_full', { cause: error });
  throw error;
}

/** Files of one service in a folder of its own. A full disk is a clean 507 (F11). */
export function diskFiles(folder: string): Files {
  const disk = new Disk(new FSDriver({ location: folder, visibility: 'private' }));
  return {
    async put(key, content, contentType) {
      try {
        await disk.put(key, content, { contentType });
      } catch (error) {
        // What there was room for would only take it from others.
        await disk.delete(key).catch(() => {});
        fail(error);
      }
    },
    async putStream(key, content, contentType) {
      const part = `${key}.${newId()}.part`;
      try {
        await disk.putStream(part, content, { contentType });
        await disk.move(part, key);
      } catch (error) {
        await disk.delete(part).catch(() => {});
        return fail(error);
      }
      return (await stat(join(folder, key))).size;
    },
    async get(key) {
      if (!(await disk.exists(key))) return undefined;
      const [bytes, meta] = await Promise.all([disk.getBytes(key), disk.getMetaData(key)]);
      return { content: Buffer.from(bytes), contentType: meta.contentType ?? 'application/octet-stream' };
    },
    async open(key) {
      if (!(await disk.exists(key))) return undefined;
      // The disk has normalised the key, and refused one that leads out of the folder.
      const path = join(folder, key);
      const { size } = await stat(path);
      return { size, content: async (range) => createReadStream(path, range) };
    },
    async delete(key) {
      await disk.delete(key);
    },
  };
}
