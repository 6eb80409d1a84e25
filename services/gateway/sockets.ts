import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import type { SessionsBroadcast } from '#contracts/auth/events.ts';
import type { ServeHost } from '#kit/service/boot.ts';
import { LIVE_CHANNEL } from '#kit/service/live.ts';
import type { VerifiedToken } from '#kit/service/principal.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import { isProblem } from '#kit/problem.ts';
import { localeOf, parseJson } from '#kit/service/http-server.ts';
import type { GatewayContext } from './context.ts';
import { FrameWriter, textFrame } from './frames.ts';
import { PresenceTeller } from './presence.ts';
import { addressKey } from './limits/rate-limiter.ts';
import { callerIp } from './server.ts';
import { type CallFrame, callFrame, createSocketCalls } from './socket-calls.ts';

export const SOCKET_PATH = '/api/v1/socket';
const PROTOCOL = 'artel.v1';
const HEARTBEAT_MS = 30_000;
/** Bytes a slow reader may leave unread before he is let go; he catches up by REST. */
const MAX_BUFFERED = 1024 * 1024;

const livePushes = z.array(z.object({ userIds: z.array(z.string()), frame: z.record(z.string(), z.unknown()) }));
const clientFrame = z.discriminatedUnion('type', [
  /** Goes on with a new token of the same session, before the old one ends. */
  z.object({ type: z.literal('token'), token: z.string().max(8_000) }),
  z.object({ type: z.literal('ping') }),
  callFrame,
]);
/** Calls of one socket that may run at once. */
const MAX_CALLS = 32;

interface Connection {
  socket: WebSocket;
  token: VerifiedToken;
  alive: boolean;
  calls: number;
  readonly ip: string;
  readonly userAgent: string;
  readonly locale: Locale | undefined;
}

/**
 * The live socket (`GET /api/v1/socket`, subprotocols `artel.v1` and `bearer.<access token>`: a token has no place in
 * an address, P3). It tells: messages, notifications, changes. What a client missed he reads by REST; after a gap of the
 * transport every socket is told to (`resync`). Routes that declare it may be called here as well (`socket-calls.ts`).
 */
export async function attachSockets(app: FastifyInstance, ctx: GatewayContext, host: ServeHost): Promise<void> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 64 * 1024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const byUser = new Map<string, Set<Connection>>();
  const writer = new FrameWriter();
  const calls = createSocketCalls(ctx, host);
  const presence = new PresenceTeller(ctx.bus, () => byUser.keys());
  const origins = new Set([
    new URL(ctx.publicUrl).origin,
    ...ctx.config.CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
  ]);

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void runInCall(newCall({ timeoutMs: 10_000 }), async () => {
      const refusal = await admit(request).catch(() => ({ status: 401, token: undefined }));
      if (refusal.token === undefined) {
        socket.end(
          `HTTP/1.1 ${refusal.status} ${refusal.status === 401 ? 'Unauthorized' : 'Refused'}\r\n${refusal.status === 503 ? 'Retry-After: 5\r\n' : ''}Connection: close\r\nContent-Length: 0\r\n\r\n`,
        );
        return;
      }
      const { token } = refusal;
      server.handleUpgrade(request, socket, head, (ws) => open(ws, token, request));
    });
  });

  async function admit(request: IncomingMessage): Promise<{ status: number; token: VerifiedToken | undefined }> {
    if (request.url?.split('?')[0] !== SOCKET_PATH) return { status: 404, token: undefined };
    const { origin } = request.headers;
    if (origin !== undefined && !origins.has(origin)) return { status: 403, token: undefined };
    if (server.clients.size >= ctx.config.MAX_SOCKETS) return { status: 503, token: undefined };
    const ip = callerIp(request as never, ctx.config.TRUSTED_PROXIES);
    if (ctx.limiter.take(`auth:socket:${addressKey(ip)}`, ctx.config.RATE_SOCKET).exceeded)
      return { status: 429, token: undefined };
    const bearer = String(request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((part) => part.trim())
      .find((part) => part.startsWith('bearer.'))
      ?.slice(7);
    if (!bearer) return { status: 401, token: undefined };
    const token = await host.verifier.verify(bearer);
    await ctx.sessions.check(token);
    return { status: 101, token };
  }

  function open(socket: WebSocket, token: VerifiedToken, { headers, socket: tcp }: IncomingMessage): void {
    const connection: Connection = {
      socket,
      token,
      alive: true,
      calls: 0,
      ip: callerIp({ headers, socket: tcp }, ctx.config.TRUSTED_PROXIES),
      userAgent: (headers['user-agent'] ?? '').slice(0, 300),
      locale: headers['accept-language'] === undefined ? undefined : localeOf(headers['accept-language']),
    };
    const { userId } = token.principal;
    const own = byUser.get(userId) ?? new Set();
    if (own.size === 0) presence.changed(userId, true);
    byUser.set(userId, own.add(connection));
    if (own.size > ctx.config.MAX_SOCKETS_PER_USER) [...own][0]?.socket.close(4429, 'too many sockets');
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('message', (data) => void onFrame(connection, data as Buffer));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      own.delete(connection);
      if (own.size > 0 || byUser.get(userId) !== own) return;
      byUser.delete(userId);
      presence.changed(userId, false);
    });
    socket.send(JSON.stringify({ type: 'ready', userId, expiresAt: new Date(token.expiresAt * 1000).toISOString() }));
  }

  async function onFrame(connection: Connection, data: Buffer): Promise<void> {
    try {
      const frame = clientFrame.parse(parseJson(data));
      if (frame.type === 'ping') return connection.socket.send('{"type":"pong"}');
      if (frame.type === 'call') return await onCall(connection, frame);
      const token = await host.verifier.verify(frame.token);
      await ctx.sessions.check(token);
      if (token.principal.sessionId !== connection.token.principal.sessionId) throw new Error('another session');
      connection.token = token;
      connection.socket.send(
        JSON.stringify({
          type: 'ready',
          userId: token.principal.userId,
          expiresAt: new Date(token.expiresAt * 1000).toISOString(),
        }),
      );
    } catch {
      connection.socket.close(4400, 'a frame that can not be taken');
    }
  }

  async function onCall(connection: Connection, frame: CallFrame): Promise<void> {
    if (++connection.calls > MAX_CALLS) return connection.socket.close(4408, 'too many calls at once');
    const answer = await calls(frame, connection);
    connection.calls--;
    writer.write(connection.socket, textFrame(JSON.stringify(answer)));
  }

  function deliver(payload: unknown): void {
    const parsed = livePushes.safeParse(payload);
    if (!parsed.success) return;
    for (const { userIds, frame: content } of parsed.data) {
      let frame: Buffer | undefined;
      for (const userId of userIds) {
        for (const { socket } of byUser.get(userId) ?? []) {
          frame ??= textFrame(JSON.stringify(content));
          if (socket.bufferedAmount > MAX_BUFFERED) socket.close(4408, 'too slow');
          else writer.write(socket, frame);
        }
      }
    }
  }

  function all(): Connection[] {
    return [...byUser.values()].flatMap((own) => [...own]);
  }

  // What a token grants no more, its socket does not hear any more (A8, Z4): the client comes back with a fresh one.
  ctx.sessions.onEnded((ended: SessionsBroadcast) => {
    const { userId, sessionIds, role, validFrom } = ended;
    const concerned = userId === null ? all() : [...(byUser.get(userId) ?? [])];
    for (const { socket, token } of concerned) {
      if (sessionIds !== null && !sessionIds.includes(token.principal.sessionId)) continue;
      if (role !== null && !token.principal.roles.includes(role)) continue;
      if (validFrom === null) socket.close(4401, 'the session has ended');
      else if (token.issuedAt < validFrom) socket.close(4401, 'the rights have changed');
    }
  });

  /** A broadcast may have been lost: asks for every socket whether its token still holds. */
  async function recheck(): Promise<void> {
    await Promise.all(
      all().map(async ({ socket, token }) => {
        try {
          await ctx.sessions.check(token);
        } catch (error) {
          // No answer tells nothing: auth that is away closes no socket.
          if (isProblem(error, 'unauthenticated') || isProblem(error, 'token_stale'))
            socket.close(4401, 'the session has ended');
        }
      }),
    );
  }
  const recheckSoon = () => void runInCall(newCall({ timeoutMs: 10_000 }), recheck);

  const live = await ctx.bus.listen(LIVE_CHANNEL, deliver, () => {
    for (const { socket } of all()) socket.send('{"type":"resync"}');
    recheckSoon();
  });
  const heartbeat = setInterval(() => {
    const now = ctx.clock.nowMs() / 1000;
    for (const connection of all()) {
      if (!connection.alive) connection.socket.terminate();
      else if (connection.token.expiresAt < now) connection.socket.close(4401, 'the token has expired');
      else {
        connection.alive = false;
        connection.socket.ping();
      }
    }
    recheckSoon();
    presence.tellAll();
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const asked = await presence.start();
  ctx.telemetry.gauge('artel.sockets', { description: 'Open sockets' }, () => all().length);

  app.addHook('preClose', async () => {
    clearInterval(heartbeat);
    presence.close();
    for (const { socket } of all()) socket.close(1001, 'going away');
    await Promise.all([live.close(), asked.close()]);
    server.close();
  });
}
