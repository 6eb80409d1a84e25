/** A client program as anybody could write it: the public API over HTTP, and the socket. */
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { World } from './world.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the story reads answers as an outsider would, without our types
  readonly body: any;
  readonly headers: Headers;
}

export interface CallOptions {
  body?: unknown;
  /** Bytes instead of JSON. */
  bytes?: Buffer;
  contentType?: string;
  headers?: Record<string, string>;
  /** Default: a fresh one for POST. `false`: none. */
  key?: string | false;
  ifMatch?: string;
  /** Statuses that are fine; default: any below 400. */
  expect?: number | readonly number[];
}

let turn = 0;

/** A person (or a guest) with a program. Requests go to the gateways in turn. */
export class Api {
  readonly world: World;
  token: string | undefined;
  refreshToken: string | undefined;
  userId = '';
  email = '';
  locale: string;

  constructor(world: World, locale = 'ru') {
    this.world = world;
    this.locale = locale;
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const base = this.world.gateways[turn++ % this.world.gateways.length] as string;
    const headers: Record<string, string> = { 'accept-language': this.locale, ...options.headers };
    if (this.token) headers['authorization'] = `Bearer ${this.token}`;
    if (options.ifMatch) headers['if-match'] = options.ifMatch;
    if (method === 'POST' && options.key !== false) headers['idempotency-key'] = options.key ?? randomUUID();
    const bare = method === 'HEAD';
    if (bare) options = { ...options, body: undefined, bytes: undefined };
    if (options.bytes) headers['content-type'] = options.contentType ?? 'application/octet-stream';
    else if (options.body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(
      `${base}${path.startsWith('/api/') || path.startsWith('/.') ? path : `/api/v1${path}`}`,
      {
        method,
        headers,
        body: options.bytes
          ? new Uint8Array(options.bytes)
          : options.body === undefined
            ? undefined
            : JSON.stringify(options.body),
        redirect: 'manual',
      },
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const problem = bare ? { code: response.headers.get('artel-problem') ?? undefined } : bytes;
    const body = isJson && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : problem;
    const answer = { status: response.status, body, headers: response.headers };
    if (response.status === 401 && body?.code === 'token_stale' && this.refreshToken) {
      await this.refresh();
      return await this.call(method, path, { ...options, key: headers['idempotency-key'] ?? false });
    }
    const fine =
      options.expect === undefined ? response.status < 400 : [options.expect].flat().includes(response.status);
    if (!fine)
      throw new Error(
        `${method} ${path} answered ${response.status}: ${isJson ? JSON.stringify(body) : bytes.toString('utf8').slice(0, 300)}`,
      );
    return answer;
  }

  get(path: string, options?: CallOptions): Promise<Answer> {
    return this.call('GET', path, options);
  }
  post(path: string, body: unknown = {}, options: CallOptions = {}): Promise<Answer> {
    return this.call('POST', path, options.bytes ? options : { body, ...options });
  }
  put(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.call('PUT', path, options.bytes ? options : { body, ...options });
  }
  patch(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.call('PATCH', path, { body, ...options });
  }
  delete(path: string, options?: CallOptions): Promise<Answer> {
    return this.call('DELETE', path, options);
  }

  /** Reads something until it is as expected: for what arrives by events. */
  async until(path: string, fits: (body: any) => boolean, timeoutMs = 75_000): Promise<any> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const { body, status } = await this.call('GET', path, { expect: [200, 404, 503, 504] });
      if (status === 200 && fits(body)) return body;
      if (Date.now() > end)
        throw new Error(`${path} did not become as expected: ${JSON.stringify(body).slice(0, 2000)}`);
      await this.world.drain();
    }
  }

  keep(tokens: { accessToken: string; refreshToken?: string }): void {
    this.token = tokens.accessToken;
    this.refreshToken = tokens.refreshToken ?? this.refreshToken;
    const claims = JSON.parse(
      Buffer.from(tokens.accessToken.split('.')[1] as string, 'base64url').toString('utf8'),
    ) as { sub: string };
    this.userId = claims.sub;
  }

  async signIn(email: string, password: string): Promise<void> {
    this.email = email;
    this.token = undefined;
    this.keep((await this.post('/sessions', { email, password })).body);
  }

  async refresh(): Promise<void> {
    this.token = undefined;
    this.keep((await this.post('/sessions/refresh', { refreshToken: this.refreshToken })).body);
  }

  /** Opens the live socket and collects its frames. */
  async socket(): Promise<LiveSocket> {
    const base = (this.world.gateways[turn++ % this.world.gateways.length] as string).replace(/^http/, 'ws');
    const socket = new WebSocket(`${base}/api/v1/socket`, ['artel.v1', `bearer.${this.token}`]);
    return await LiveSocket.open(socket);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: frames are read as an outsider would
type Frame = any;

export class LiveSocket {
  readonly frames: Frame[] = [];
  closedWith: number | undefined;
  private readonly socket: WebSocket;
  private readonly waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    const wake = () => {
      for (const one of this.waiting) one();
    };
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      wake();
    });
    socket.on('close', (code) => {
      this.closedWith = code;
      wake();
    });
  }

  static async open(socket: WebSocket): Promise<LiveSocket> {
    const live = new LiveSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    await live.wait((frame) => frame.type === 'ready');
    return live;
  }

  async wait(fits: (frame: Frame) => boolean, timeoutMs = 15_000): Promise<Frame> {
    return await this.until(() => this.frames.find(fits), timeoutMs, 'no such frame came');
  }

  async closed(timeoutMs = 15_000): Promise<number> {
    return await this.until(() => this.closedWith, timeoutMs, 'the socket stayed open');
  }

  private async until<T>(look: () => T | undefined, timeoutMs: number, fault: string): Promise<T> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`${fault}; came: ${JSON.stringify(this.frames).slice(0, 2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left);
        const waiting = this.waiting;
        function done(): void {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  close(): void {
    this.socket.close();
  }

  /** The line breaks: nothing is said to the other side. */
  drop(): void {
    this.socket.terminate();
  }
}
