/** Stored files of a service (uploads, previews, exports), on disk or S3. Keys are made by the service (`avatars/<id>.webp`), never by a user. */
export interface Files {
  put(key: string, content: Buffer, contentType: string): Promise<void>;
  /** Undefined: no such file. */
  get(key: string): Promise<{ content: Buffer; contentType: string } | undefined>;
  delete(key: string): Promise<void>;
}
