/** What a backup is: a folder with this list, a file per table, the files of the services and, when asked for, the secrets. */
import { createHash, createHmac } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { z } from 'zod';
import { StartError } from '#kit/embedded/start-error.ts';

export const FORMAT = 1;
export const MANIFEST = 'manifest.json';

const checked = z.object({ path: z.string(), bytes: z.number(), sha256: z.string() });
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.string(),
  at: z.string(),
  /** Digest of each service's migrations: only the same release reads the tables back. */
  services: z.record(z.string(), z.string()),
  /** Tells whether a secret is the installation's, and not what it is. */
  secretMark: z.string(),
  withSecrets: z.boolean(),
  partitions: z.array(z.object({ schema: z.string(), name: z.string(), parent: z.string(), bound: z.string() })),
  tables: z.array(
    checked.extend({ schema: z.string(), name: z.string(), columns: z.array(z.string()), rows: z.number() }),
  ),
  sequences: z.array(z.object({ schema: z.string(), name: z.string(), value: z.string(), called: z.boolean() })),
  /** The type is known of files that came from a bucket. */
  files: z.array(checked.extend({ contentType: z.string().optional() })),
});
export type Manifest = z.output<typeof manifestSchema>;

export function secretMark(masterSecret: string): string {
  return createHmac('sha256', masterSecret).update('backup-mark').digest('base64url');
}

export function readManifest(folder: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST), 'utf8');
  } catch {
    throw new StartError(`${folder} is no backup, or one that was not finished: it has no ${MANIFEST}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StartError(`the backup is damaged: ${MANIFEST} is not JSON`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new StartError(`the backup is damaged or of another format: ${MANIFEST}`);
  for (const one of [...parsed.data.tables, ...parsed.data.files]) within(folder, one.path);
  return parsed.data;
}

/** Bytes of a whole backup. */
export function sizeOf(manifest: Manifest): number {
  return [...manifest.tables, ...manifest.files].reduce((sum, part) => sum + part.bytes, 0);
}

/** Joins, and refuses a path that leads out of the folder: a backup may come from elsewhere. */
export function within(folder: string, path: string): string {
  const whole = resolve(folder, path);
  if (!whole.startsWith(resolve(folder) + sep)) throw new StartError(`the backup names a path outside: ${path}`);
  return whole;
}

export async function digestOfFile(path: string): Promise<{ bytes: number; sha256: string }> {
  return await digestOf(createReadStream(path));
}

export async function digestOf(content: Readable): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(content, async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hash.update(chunk);
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** Text forms of values don't depend on the server's defaults. */
export async function plainTextForms(client: pg.Client): Promise<void> {
  await client.query("set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC'");
  await client.query(
    'set extra_float_digits = 1; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0',
  );
}
