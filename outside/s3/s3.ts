/**
 * Stands in for an S3 store, in memory: put, get (also a range), head, delete and list of objects, with the bucket in the path. Every
 * request's signature (AWS Signature V4) and the hash of its body are verified, as the real one does.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';
import type { OutsideLog } from '../log.ts';

const MAX_SKEW_MS = 15 * 60_000;
/** Objects in an answer of a listing. */
const PAGE = 2;

export interface S3Options {
  /** 0: any. */
  readonly port: number;
  readonly host?: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly log: OutsideLog;
}

export interface S3 {
  readonly url: string;
  /** By key. */
  readonly objects: ReadonlyMap<string, { readonly content: Buffer; readonly contentType: string }>;
  /** Requests that were refused for their signature. */
  readonly refused: number;
  /** Answers every request with this status. */
  failing: number | undefined;
  close(): Promise<void>;
}

/** SHA-256, keyed or not, as the signer asks for it. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHmac> | ReturnType<typeof createHash>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && bytesOf(secret);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Buffer {
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

export async function startS3(options: S3Options): Promise<S3> {
  const host = options.host ?? '127.0.0.1';
  const objects = new Map<string, { content: Buffer; contentType: string }>();
  const state = { refused: 0, failing: undefined as number | undefined };
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (state.failing !== undefined) return refuse(response, state.failing, 'InternalError');
    const fault = await faultOf(request, body, options);
    if (fault) {
      state.refused++;
      options.log.warn({ part: 's3', fault }, 'refused');
      return refuse(response, 403, fault);
    }
    const url = new URL(request.url ?? '/', 'http://s3');
    const path = decodeURIComponent(url.pathname);
    const prefix = `/${options.bucket}/`;
    if (request.method === 'GET' && path.replace(/\/?$/, '/') === prefix)
      return list(response, objects, url.searchParams);
    if (!path.startsWith(prefix)) return refuse(response, 404, 'NoSuchBucket');
    serve(request, response, objects, path.slice(prefix.length), body);
  }
  server.listen(options.port, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    objects,
    get refused() {
      return state.refused;
    },
    get failing() {
      return state.failing;
    },
    set failing(status) {
      state.failing = status;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** ListObjectsV2, few a page, so that whoever lists has to ask for the next one. */
function list(
  response: ServerResponse,
  objects: ReadonlyMap<string, { readonly content: Buffer }>,
  query: URLSearchParams,
): void {
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after).sort();
  const page = keys.slice(0, PAGE);
  const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const contents = page.map(
    (key) => `<Contents><Key>${xml(key)}</Key><Size>${objects.get(key)?.content.length}</Size></Contents>`,
  );
  const more = keys.length > PAGE;
  const next = more ? `<NextContinuationToken>${xml(page.at(-1) ?? '')}</NextContinuationToken>` : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`,
  );
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, { content: Buffer; contentType: string }>,
  key: string,
  body: Buffer,
): void {
  const etag = (content: Buffer) => `"${createHash('md5').update(content).digest('hex')}"`;
  if (request.method === 'PUT') {
    objects.set(key, { content: body, contentType: request.headers['content-type'] ?? 'binary/octet-stream' });
    response.writeHead(200, { etag: etag(body) }).end();
  } else if (request.method === 'DELETE') {
    objects.delete(key);
    response.writeHead(204).end();
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    const found = objects.get(key);
    if (!found) {
      refuse(response, 404, 'NoSuchKey');
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [from, to] = range ? [Number(range[1]), Number(range[2])] : [0, found.content.length - 1];
    const part = found.content.subarray(from, to + 1);
    response.writeHead(range ? 206 : 200, {
      'content-type': found.contentType,
      'content-length': part.length,
      ...(range && { 'content-range': `bytes ${from}-${from + part.length - 1}/${found.content.length}` }),
      'last-modified': new Date().toUTCString(),
      etag: etag(found.content),
    });
    response.end(request.method === 'HEAD' ? undefined : part);
  } else refuse(response, 405, 'MethodNotAllowed');
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

/** What is wrong with a request's signature, as S3 calls it; undefined: nothing. */
async function faultOf(request: IncomingMessage, body: Buffer, options: S3Options): Promise<string | undefined> {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date'] ?? ''));
  if (!given || !date) return 'AccessDenied';
  const [, accessKeyId, , region, signedHeaders = '', signature = ''] = given;
  if (accessKeyId !== options.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== options.region) return 'AuthorizationHeaderMalformed';
  const [year, month, day, hour, minute, second] = date.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const signingDate = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (Math.abs(Date.now() - signingDate.getTime()) > MAX_SKEW_MS) return 'RequestTimeTooSkewed';
  const contentHash = String(request.headers['x-amz-content-sha256'] ?? '');
  if (contentHash !== 'UNSIGNED-PAYLOAD' && contentHash !== createHash('sha256').update(body).digest('hex'))
    return 'XAmzContentSHA256Mismatch';
  const right = await signatureOf(request, signedHeaders.split(';'), signingDate, options);
  const [a, b] = [Buffer.from(signature), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b) ? undefined : 'SignatureDoesNotMatch';
}

async function signatureOf(
  request: IncomingMessage,
  signedHeaders: readonly string[],
  signingDate: Date,
  options: S3Options,
): Promise<string> {
  const { accessKeyId, secretAccessKey, region } = options;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  const headers = Object.fromEntries(
    signedHeaders.flatMap((name) =>
      request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]],
    ),
  );
  const signed = await signer.sign(
    {
      method: request.method ?? 'GET',
      protocol: 'http:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
    },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
}
