/** The load generator: a process of its own. Takes its order as one message, sends for that long, answers with what it saw. */
import { Pool } from 'undici';

export interface LoadOrder {
  readonly url: string;
  readonly ms: number;
  readonly connections: number;
  /** Sent in turn. */
  readonly tokens: readonly string[];
  /** JSON that is posted, each time under a key of its own. Undefined: the address is read. */
  readonly body?: string;
  /** The same with bodies that take turns, `$ID` in them a new id each time, and headers instead of a token. */
  readonly posts?: { readonly headers: readonly string[]; readonly bodies: readonly string[] };
  /** Addresses beside `url` that are read in turn, where `body` is posted to `url` once a round. */
  readonly mix?: readonly string[];
  /** Refresh tokens, one a connection: each is used for the next. */
  readonly refreshes?: readonly string[];
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
  /** Share of one core that the generator used. */
  readonly cpu: number;
  /** The tokens of the last refreshes. */
  readonly refreshes: readonly string[];
}

process.on('message', (order: LoadOrder) => {
  void load(order).then((result) => process.send?.(result));
});
process.send?.('ready');

async function load(order: LoadOrder): Promise<LoadResult> {
  const url = new URL(order.url);
  const pool = new Pool(url.origin, { connections: order.connections, pipelining: 1 });
  const times: number[] = [];
  let [next, refused] = [0, 0];
  const before = process.cpuUsage();
  const begun = performance.now();
  const end = begun + order.ms;
  const refreshes = [...(order.refreshes ?? [])];
  const bodyOf = (turn: number, connection: number) =>
    order.refreshes
      ? JSON.stringify({ refreshToken: refreshes[connection] })
      : order.posts
        ? (order.posts.bodies[turn % order.posts.bodies.length] ?? '').replace('$ID', crypto.randomUUID())
        : (order.body ?? null);
  const headers = () => {
    if (order.refreshes) return ['content-type', 'application/json'];
    if (order.posts) return ['content-type', 'application/json', ...order.posts.headers];
    const sent = ['authorization', `Bearer ${order.tokens[next++ % order.tokens.length]}`];
    if (order.body !== undefined) sent.push('content-type', 'application/json', 'idempotency-key', crypto.randomUUID());
    return sent;
  };
  const { mix = [] } = order;
  const isRead = order.body === undefined && !order.posts && !order.refreshes;
  let round = 0;
  const one = (connection: number) =>
    new Promise<void>((resolve) => {
      const read: Buffer[] = [];
      const other = mix[round++ % (mix.length + 1)];
      const asRead = isRead || other !== undefined;
      const started = performance.now();
      pool.dispatch(
        {
          path: other ?? url.pathname,
          method: asRead ? 'GET' : 'POST',
          headers: headers(),
          body: other === undefined ? bodyOf(next++, connection) : null,
        },
        {
          onRequestStart() {},
          onResponseStart(_controller, status) {
            if (status >= 300) refused++;
          },
          onResponseData(_controller, chunk) {
            if (order.refreshes) read.push(chunk);
          },
          onResponseEnd() {
            if (order.refreshes) refreshes[connection] = JSON.parse(Buffer.concat(read).toString()).refreshToken;
            times.push(performance.now() - started);
            resolve();
          },
          onResponseError() {
            refused++;
            resolve();
          },
        },
      );
    });
  await Promise.all(
    Array.from({ length: order.connections }, async (_, connection) => {
      while (performance.now() < end) await one(connection);
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const used = process.cpuUsage(before);
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    perSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    refused,
    cpu: (used.user + used.system) / 1e6 / seconds,
    refreshes,
  };
}
