/** How a server ends: what runs is answered, what only waits does not hold it. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface ClosingOptions {
  /** Milliseconds that running requests get to end. Default 8 s. */
  drainMs?: number;
  /** Milliseconds in which a request must have begun on a connection that has none, and its body must go on. Default 1 s. */
  quietMs?: number;
}

interface Line {
  /** Whose answers are not out yet. */
  readonly running: Set<IncomingMessage>;
  /** Bytes that had come at the last look. */
  seen: number;
}

/**
 * Follows the connections of a server that does not listen yet; what it returns closes it. A connection on which nothing
 * was ever asked (a browser opens them ahead), a head that never ended or a body that stalls is not idle to Node, and
 * would hold the end.
 */
export function closerOf(app: FastifyInstance, { drainMs = 8_000, quietMs = 1_000 }: ClosingOptions = {}) {
  const server = app.server as Server;
  const lines = new Map<Socket, Line>();
  server.on('connection', (socket) => {
    lines.set(socket, { running: new Set(), seen: 0 });
    socket.once('close', () => lines.delete(socket));
  });
  server.on('request', (request, response) => {
    const running = lines.get(request.socket)?.running;
    running?.add(request);
    response.once('close', () => running?.delete(request));
  });
  /** Nobody works for it: no request, or only such whose bodies do not come. */
  const waits = (socket: Socket, { running, seen }: Line) =>
    running.size === 0 || (socket.bytesRead === seen && [...running].every((request) => !request.complete));
  return async (): Promise<void> => {
    for (const [socket, line] of lines) line.seen = socket.bytesRead;
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    const hush = setInterval(() => {
      for (const [socket, line] of lines) {
        if (waits(socket, line)) socket.destroy();
        line.seen = socket.bytesRead;
      }
    }, quietMs);
    // A connection whose last answer was under way when the closing began stays open, waiting for a next request.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    await app.close();
    clearInterval(sweep);
    clearInterval(hush);
    clearTimeout(cut);
  };
}
