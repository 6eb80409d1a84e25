import type { Socket } from 'node:net';
import * as ws from 'ws';
import type { WebSocket } from 'ws';

interface Framer {
  frame(data: Buffer, options: object): Buffer[];
}
// Both belong to ws and are public in its code, not in its types.
const { Sender } = ws as unknown as { Sender: Framer };
const below = (socket: WebSocket) => (socket as unknown as { _socket: Socket | null })._socket;

/** A text frame as it goes over the wire: made once for all sockets of a broadcast. */
export function textFrame(text: string): Buffer {
  const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
  return Buffer.concat(Sender.frame(Buffer.from(text), options));
}

/**
 * Writes made frames to many sockets. What one socket gets within a turn of the event loop leaves in one system call.
 * Order with what `socket.send` writes holds, because nothing is compressed: it writes at once, too.
 */
export class FrameWriter {
  readonly #corked = new Set<Socket>();

  write(socket: WebSocket, frame: Buffer): void {
    const tcp = below(socket);
    if (tcp === null || socket.readyState !== socket.OPEN) return;
    if (!this.#corked.has(tcp)) {
      if (this.#corked.size === 0) setImmediate(() => this.#uncork());
      this.#corked.add(tcp);
      tcp.cork();
    }
    tcp.write(frame);
  }

  #uncork(): void {
    for (const tcp of this.#corked) tcp.uncork();
    this.#corked.clear();
  }
}
