/** How a server ends: what runs is answered, what only waits does not hold it. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface ClosingOptions {
  /** Milliseconds that running requests get to end. Default 8 s. */
  drainMs?: number;
  /** Milliseconds in which a request must have begun on a connection that has none. Default 1 s. */
  quietMs?: number;
}

/**
 * Follows the connections of a server that does not listen yet; what it returns closes it. A connection on which nothing
 * was ever asked (a browser opens them ahead) or a head never ended is not idle to Node, and would hold the end.
 */
export function closerOf(app: FastifyInstance, { drainMs = 8_000, quietMs = 1_000 }: ClosingOptions = {}) {
  const server = app.server as Server;
  const running = new Map<Socket, number>();
  server.on('connection', (socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    running.set(socket, (running.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const count = running.get(socket);
      if (count !== undefined) running.set(socket, count - 1);
    });
  });
  return async (): Promise<void> => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    const hush = setTimeout(() => {
      for (const [socket, count] of running) if (count === 0) socket.destroy();
    }, quietMs);
    // A connection whose last answer was under way when the closing began stays open, waiting for a next request.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    await app.close();
    clearInterval(sweep);
    clearTimeout(hush);
    clearTimeout(cut);
  };
}
