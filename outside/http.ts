/** The little of an HTTP server that the stand-ins share: routes, bounded bodies, answers, bearer keys. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import type { OutsideLog } from './log.ts';

/** An answer that is not a success. `code` is for programs, `message` for people. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Media type without its parameters, lower case. */
  readonly contentType: string;
  /** At most the server's `maxBodyBytes`, already unzipped. */
  readonly body: Buffer;
}

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/payments/:id`; a segment beginning with a colon is a parameter. */
  readonly path: string;
  handle(call: Call): void | Promise<void>;
}

export interface HttpServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly routes: readonly HttpRoute[];
  readonly log: OutsideLog;
  /** Bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Refuses a Host that is neither an IP address nor localhost, so that a web site can't reach in by DNS rebinding. */
  readonly localNamesOnly?: boolean;
}

export interface HttpServer {
  readonly port: number;
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const NOTHING_ELSE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/** Starts a server. Rejects when the port is taken. */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const routes = options.routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  const server = createServer((req, res) => {
    answer(options, routes, req, res).catch((error: unknown) => fail(options, res, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: urlOf('http', options.host, port),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The address under which this machine reaches a listener; one that listens everywhere is reached at the loopback. */
export function urlOf(scheme: string, host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function answer(
  options: HttpServerOptions,
  routes: readonly { route: HttpRoute; pattern: RegExp }[],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Referrer-Policy', 'same-origin');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Security-Policy', NOTHING_ELSE);
  if (options.localNamesOnly && !isLocalName(req.headers.host ?? '')) {
    throw new HttpError(421, 'wrong_host', 'This server answers to localhost and to IP addresses only.');
  }
  const url = parseUrl(req.url ?? '/');
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  let pathKnown = false;
  for (const { route, pattern } of routes) {
    const match = pattern.exec(url.pathname);
    if (!match) continue;
    pathKnown = true;
    if (route.method !== method) continue;
    await route.handle({
      req,
      res,
      params: decodeParams(match.groups ?? {}),
      query: url.searchParams,
      contentType: (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
      body: method === 'GET' ? Buffer.alloc(0) : await readBody(req, options.maxBodyBytes ?? 1024 * 1024),
    });
    return;
  }
  if (pathKnown) throw new HttpError(405, 'method_not_allowed', `${req.method} is not possible here.`);
  throw new HttpError(404, 'not_found', 'There is nothing here.');
}

function fail(options: HttpServerOptions, res: ServerResponse, error: unknown): void {
  if (res.destroyed) return;
  const known = error instanceof HttpError ? error : undefined;
  if (!known) options.log.warn({ part: options.name, err: String(error) }, 'request failed');
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (known?.status === 413) res.setHeader('Connection', 'close');
  sendJson(res, known?.status ?? 500, {
    error: { code: known?.code ?? 'internal', message: known?.message ?? 'Something broke inside.' },
  });
}

function parseUrl(target: string): URL {
  const url = URL.parse(target, 'http://local');
  if (!url) throw new HttpError(400, 'bad_request', 'The address is not valid.');
  return url;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

function decodeParams(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value)]));
  } catch {
    throw new HttpError(400, 'bad_request', 'The path is not valid.');
  }
}

function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(localhost|[\w-]+\.localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])$/.test(name);
}

async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open when it is too much: the refusal has to go out on the same connection.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new HttpError(413, 'too_large', `At most ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (req.headers['content-encoding'] !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes });
  } catch {
    throw new HttpError(400, 'bad_encoding', 'The body is not valid gzip, or too large unzipped.');
  }
}

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify(value));
}

export function sendNothing(res: ServerResponse): void {
  res.writeHead(204);
  res.end();
}

/** Sends the browser elsewhere with GET. */
export function seeOther(res: ServerResponse, location: string): void {
  res.writeHead(303, { Location: location });
  res.end();
}

/**
 * The JSON body, validated. A media type other than JSON is refused: a foreign page can't send JSON here without asking
 * first (CORS), so that an open page elsewhere can't drive the stand-ins.
 */
export function jsonBody<S extends z.ZodType>(call: Call, schema: S): z.output<S> {
  if (call.contentType !== 'application/json') {
    throw new HttpError(415, 'unsupported_media_type', 'Send application/json.');
  }
  let value: unknown;
  try {
    value = JSON.parse(call.body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'bad_json', 'The body is not JSON.');
  }
  return validated(schema, value);
}

/** The query parameters, validated; of a repeated one the last counts. */
export function queryOf<S extends z.ZodType>(call: Call, schema: S): z.output<S> {
  return validated(schema, Object.fromEntries(call.query));
}

function validated<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const why = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
  throw new HttpError(400, 'invalid', why);
}

/** Refuses a call without `Authorization: Bearer <key>`; compares in constant time. */
export function requireBearer(call: Call, key: string): void {
  const given = /^Bearer (.+)$/i.exec(call.req.headers.authorization ?? '')?.[1] ?? '';
  if (timingSafeEqual(digest(given), digest(key))) return;
  call.res.setHeader('WWW-Authenticate', 'Bearer');
  throw new HttpError(401, 'unauthorized', 'The API key is missing or wrong.');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
