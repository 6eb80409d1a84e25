import type { Readable } from 'node:stream';

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A stored file that has not been read yet. */
export interface OpenFile {
  readonly size: number;
  /** Reads it, or a part of it, as it is asked for. */
  content(range?: ByteRange): Promise<Readable>;
}

/** Stored files of a service (uploads, previews, exports), on disk or S3. Keys are made by the service (`avatars/<id>.webp`), never by a user. */
export interface Files {
  put(key: string, content: Buffer, contentType: string): Promise<void>;
  /** What may be large: written as it comes, replaces what is there once it is whole. Its size in bytes. */
  putStream(key: string, content: Readable, contentType: string): Promise<number>;
  /** Undefined: no such file. */
  get(key: string): Promise<{ content: Buffer; contentType: string } | undefined>;
  /** For what may be large: read as it is sent. Undefined: no such file. */
  open(key: string): Promise<OpenFile | undefined>;
  delete(key: string): Promise<void>;
}
