import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Disk } from 'flydrive';
import { S3Driver } from 'flydrive/drivers/s3';
import { Problem } from '#kit/problem.ts';
import type { Files } from './files.ts';
import type { FileStore } from './store.ts';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a store that isn't Amazon's; its buckets are named in the path. */
  readonly endpoint?: string | undefined;
}

interface Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Files of one service below its own prefix of a bucket (S3 or what speaks it). A bucket that is away is a 503. */
export function s3Files(options: S3Options, service: string): Files {
  const { disk, client } = openBucket(options);
  const at = (key: string) => `${service}/${key}`;
  return {
    async put(key, content, contentType) {
      await disk.put(at(key), content, { contentType }).catch(fail);
    },
    async putStream(key, content, contentType) {
      // S3 demands the length before the content: it is written down beside first.
      const folder = await mkdtemp(join(tmpdir(), 'artel-s3-'));
      const path = join(folder, 'content');
      try {
        await pipeline(content, createWriteStream(path));
        return await putFile({ client, bucket: options.bucket }, at(key), path, contentType);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async get(key) {
      try {
        const [bytes, meta] = await Promise.all([disk.getBytes(at(key)), disk.getMetaData(at(key))]);
        return { content: Buffer.from(bytes), contentType: meta.contentType ?? 'application/octet-stream' };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        return fail(error);
      }
    },
    async open(key) {
      const meta = await disk.getMetaData(at(key)).catch((error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        return fail(error);
      });
      if (!meta) return undefined;
      return {
        size: meta.contentLength,
        async content(range) {
          const part = range && { Range: `bytes=${range.start}-${range.end}` };
          const wanted = new GetObjectCommand({ Bucket: options.bucket, Key: at(key), ...part });
          return (await client.send(wanted).catch(fail)).Body as Readable;
        },
      };
    },
    async delete(key) {
      await disk.delete(at(key)).catch(fail);
    },
  };
}

/** The whole bucket, as backups read it and put it back. */
export function s3Store(options: S3Options): FileStore {
  const { disk, client } = openBucket(options);
  return {
    async *list() {
      let paginationToken: string | undefined;
      do {
        const page = await disk
          .listAll('/', { recursive: true, ...(paginationToken && { paginationToken }) })
          .catch(fail);
        for (const one of page.objects) if (one.isFile) yield one.key;
        paginationToken = page.paginationToken;
      } while (paginationToken);
    },
    async read(path) {
      try {
        const found = await client.send(new GetObjectCommand({ Bucket: options.bucket, Key: path }));
        return { content: found.Body as Readable, contentType: found.ContentType };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        return fail(error);
      }
    },
    async write(path, from, contentType) {
      await putFile({ client, bucket: options.bucket }, path, from, contentType);
    },
  };
}

/** Not the disk's own stream upload: it says no length, which S3 demands. */
async function putFile(
  { client, bucket }: { client: S3Client; bucket: string },
  key: string,
  from: string,
  contentType: string | undefined,
): Promise<number> {
  const { size } = await stat(from);
  const body = { Body: createReadStream(from), ContentLength: size, ContentType: contentType };
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, ...body })).catch(fail);
  return size;
}

function openBucket({ bucket, region, accessKeyId, secretAccessKey, endpoint }: S3Options) {
  const client = new S3Client({
    region,
    credentials: { accessKeyId, secretAccessKey },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
  });
  // Nothing is public: whoever may have a file gets it from the service. Many stores know no ACL.
  const disk = new Disk(new S3Driver({ client, bucket, visibility: 'private', supportsACL: false }));
  return { client, disk };
}

/** What the store answered, from under what flydrive makes of it. */
function statusOf(error: unknown): number | undefined {
  const cause = ((error as { cause?: unknown }).cause ?? error) as Failure;
  if (cause.name === 'NoSuchKey' || cause.name === 'NotFound') return 404;
  return cause.$metadata?.httpStatusCode;
}

function fail(error: unknown): never {
  if (statusOf(error) === 507) throw new Problem('storage_full', { cause: error });
  throw new Problem('unavailable', { detail: 'the file store does not answer', retryAfter: 5, cause: error });
}
