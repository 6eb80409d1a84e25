import type { Readable } from 'node:stream';
import type { ByteRange, OpenFile } from './files.ts';

export interface FileReply {
  readonly status: number;
  readonly body: Readable | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The answer with a file, or with the one part of it that was asked for (RFC 9110, 14): 206, or 416 when there is no such
 * part. `tag` names the content: a part of another content is not asked for, `If-Range` makes it the whole.
 */
export async function serveFile(
  file: OpenFile,
  asked: { readonly headers: Readonly<Record<string, string>> },
  tag: string,
  headers: Readonly<Record<string, string>>,
): Promise<FileReply> {
  const etag = `"${tag}"`;
  const common = { ...headers, 'accept-ranges': 'bytes', etag };
  const condition = asked.headers['if-range'];
  const range = condition === undefined || condition === etag ? rangeOf(asked.headers['range'], file.size) : undefined;
  if (range === 'none')
    return { status: 416, body: Buffer.alloc(0), headers: { ...common, 'content-range': `bytes */${file.size}` } };
  const length = range ? range.end - range.start + 1 : file.size;
  return {
    status: range ? 206 : 200,
    body: await file.content(range),
    headers: {
      ...common,
      'content-length': String(length),
      ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${file.size}` }),
    },
  };
}

/** Undefined: the whole, also when several parts are asked for, which nobody has to grant. `none`: there is no such part. */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'none' | undefined {
  const given = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!given) return undefined;
  const [, first = '', last = ''] = given;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= size || (first === '' && Number(last) === 0) ? 'none' : { start, end };
}
